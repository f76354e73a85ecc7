/** A film from plan and segments as the steps of a job make it: drawn in groups, then put together. */
import path from 'node:path'
import type { FfmpegTools } from '../../core/platform/ffmpeg.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import { type CutList, cutList } from '../../worker/compose/cut-list.ts'
import { drawPieces } from '../../worker/compose/draw-pieces.ts'
import { drawingGroups } from '../../worker/compose/drawing-groups.ts'
import { drawingOrder } from '../../worker/compose/drawing-order.ts'
import { type CaptionTrack, composeFilm, type Film } from '../../worker/compose/film.ts'

export type Recipe = {
  tools: FfmpegTools
  plan: ShotPlan
  segments: ReadonlyMap<string, { path: string; frames: number; keyFrames: readonly number[] }>
  sound?: string
  captions?: readonly CaptionTrack[]
  workDir: string
  out: string
  signal?: AbortSignal
  onProgress?: (fraction: number) => void
}

export type MadeFilm = Film & Pick<CutList, 'framesCopied' | 'framesRendered'> & { joins: number }

/** Draws what `list` says, group by group, and gives the files by place in the list. */
export async function drawList(
  { tools, plan, segments, workDir, signal }: Recipe,
  list: CutList,
): Promise<Map<number, string>> {
  const drawn = new Map<number, string>()
  for (const [index, { pieces }] of drawingGroups(list.pieces, plan.format.fps).entries()) {
    await drawPieces({
      tools,
      orders: pieces.map((piece) => drawingOrder(plan, piece)),
      segmentPath: (sceneId) => segments.get(sceneId)!.path,
      folder: path.join(workDir, `group-${path.basename(workDir)}-${index}-${drawings++}`),
      ...(signal ? { signal } : {}),
      onDrawn: ({ piece }, file) => void drawn.set(list.pieces.indexOf(piece), file),
    })
  }
  return drawn
}

let drawings = 0

export async function makeFilm(recipe: Recipe): Promise<MadeFilm> {
  const list = cutList(recipe.plan, recipe.segments)
  const drawn = await drawList(recipe, list)
  const film = await composeFilm({ ...recipe, list, drawn })
  const joins = list.pieces.filter((piece) => piece.kind === 'render' && piece.join !== null).length
  return { ...film, framesCopied: list.framesCopied, framesRendered: list.framesRendered, joins }
}

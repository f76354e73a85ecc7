/** Which pieces of a film are drawn together. Pure. */
import type { Piece, RenderPiece } from './cut-list.ts'

/** Pieces that wait for the same scenes. */
export type DrawingGroup = { readonly scenes: readonly string[]; readonly pieces: readonly RenderPiece[] }

/** A stretch of one scene that is shorter than this goes with a join of that scene: a step of its own would cost more. */
const SMALL_S = 0.5
/** Longer than this, and another worker may as well draw the rest. */
const LARGE_S = 10

/**
 * Groups what has to be drawn by the scenes it is drawn from, so that each group can begin as soon as these are there. Very
 * many tiny joins of few scenes make few groups; treated shots begin before their neighbours are there.
 */
export function drawingGroups(pieces: readonly Piece[], fps: number): DrawingGroup[] {
  const byScenes = new Map<string, { scenes: string[]; pieces: RenderPiece[] }>()
  for (const piece of pieces) {
    if (piece.kind === 'copy') continue
    const scenes = scenesOf(piece).toSorted()
    const name = JSON.stringify(scenes)
    const group = byScenes.get(name) ?? { scenes, pieces: [] }
    byScenes.set(name, group)
    group.pieces.push(piece)
  }
  const groups = [...byScenes.values()]
  const kept = groups.filter((group) => {
    const [only, second] = group.scenes
    if (second !== undefined || framesOf(group.pieces) >= SMALL_S * fps) return true
    const larger = groups.find(({ scenes }) => scenes.length > 1 && scenes.includes(only!))
    larger?.pieces.push(...group.pieces)
    return larger === undefined
  })
  return kept.flatMap(({ scenes, pieces }) =>
    portions(pieces, LARGE_S * fps).map((some) => ({ scenes, pieces: some })),
  )
}

export function scenesOf({ outgoing, incoming }: RenderPiece): string[] {
  return [...new Set([outgoing, incoming].flatMap((side) => (side ? [side.sceneId] : [])))]
}

const framesOf = (pieces: readonly RenderPiece[]): number =>
  pieces.reduce((sum, { frames }) => sum + frames, 0)

/** Cuts a row of pieces wherever `most` frames are full. */
function portions(pieces: readonly RenderPiece[], most: number): RenderPiece[][] {
  const all: RenderPiece[][] = []
  let room = 0
  for (const piece of pieces) {
    if (piece.frames > room || all.length === 0) {
      all.push([])
      room = most
    }
    all.at(-1)!.push(piece)
    room -= piece.frames
  }
  return all
}

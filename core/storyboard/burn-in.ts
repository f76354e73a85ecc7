/** What is burnt into the picture for those who work on a film, and where. Pure. */
import type { Cue } from '../captions/cues.ts'
import type { BurnIn, ShotPlan } from './plan-types.ts'
import type { RenderOptions } from './render-options.ts'

const SLATE_S = 1
const FIRST_TAKE = 1

/** Null when nothing is asked for. */
export function burnInOf({
  slate,
  timecode,
}: Partial<Pick<RenderOptions, 'slate' | 'timecode'>>): BurnIn | null {
  if (!slate && !timecode) return null
  const take = typeof slate === 'object' ? (slate.take ?? FIRST_TAKE) : FIRST_TAKE
  return { slate: slate ? { take } : null, timecode: timecode === true }
}

/**
 * Frames of the film, `from` included and `to` not, in which a shot's slate stands: its first second, behind the join it
 * comes in by, at most to the shot's end.
 */
export function slateSpan(
  plan: Pick<ShotPlan, 'shots' | 'joins' | 'format'>,
  index: number,
): { from: number; to: number } {
  const { startFrame, frames } = plan.shots[index]!
  const from = startFrame + (plan.joins.find(({ after }) => after === index - 1)?.frames ?? 0)
  return { from, to: Math.min(from + SLATE_S * plan.format.fps, startFrame + frames) }
}

/** The plan with captions burnt in. */
export function withCaptions(plan: ShotPlan, cues: readonly Cue[]): ShotPlan {
  const frameAt = (ms: number): number => Math.round((ms * plan.format.fps) / 1_000)
  const captions = cues.flatMap(({ startMs, endMs, lines }) => {
    const [from, to] = [frameAt(startMs), Math.min(plan.frames, frameAt(endMs))]
    return from < to ? [{ from, to, lines }] : []
  })
  return { ...plan, burnIn: { ...(plan.burnIn ?? { slate: null, timecode: false }), captions } }
}

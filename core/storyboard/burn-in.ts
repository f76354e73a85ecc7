/** What is burnt into the picture for those who work on a film, and where. Pure. */
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

/** What a transition is told, and what it gives back. Pure. */
import type { FilmFormat } from '../../../core/media/format.ts'
import type { Join } from '../../../core/storyboard/plan-types.ts'

/**
 * A join to be drawn over `frames` frames. `[a]` is the outgoing picture and `[b]` the incoming one, each of exactly that
 * length on the film's grid; from and to black, the absent one is a flat of black (of a fade's colour).
 */
export type Drawing = {
  readonly join: Join
  readonly frames: number
  /** Which side is a flat, if any. */
  readonly flatSide: 'a' | 'b' | null
  /** How far the join is at each frame, 0 to 1. */
  readonly progress: readonly number[]
  /** `progress` as an expression of a frame number: `(n + lead) / span`. */
  readonly lead: number
  readonly span: number
  readonly format: FilmFormat
}

/** Chains from `[a]` and `[b]` to `[v]`, which has the film's pixel format and exactly as many frames. */
export type Draw = (drawing: Drawing) => string[]

/**
 * Progress of a join: frame i of an inner one is (i + 1) / (n + 1) done, the same from either end, so that no frame repeats
 * a neighbour. From black it is i / n and to black (i + 1) / n, so that the film's first and last frame are black.
 */
export function drawingOf(
  join: Join,
  frames: number,
  flatSide: Drawing['flatSide'],
  format: FilmFormat,
): Drawing {
  const lead = flatSide === 'a' ? 0 : 1
  const span = flatSide === null ? frames + 1 : frames
  const progress = Array.from({ length: frames }, (_, i) => (i + lead) / span)
  return { join, frames, flatSide, progress, lead, span, format }
}

/** Share of the way from `from` to `to` at `at`, held at 0 and 1 outside. */
export const ramp = (at: number, from: number, to: number): number =>
  Math.min(1, Math.max(0, (at - from) / (to - from)))

/** Slow, quick, slow. */
export const smooth = (x: number): number => x * x * (3 - 2 * x)

/**
 * For movements that lead through the cut: from black, the way from the cut on, to black the way up to it, since there is
 * nothing to be seen on the other side. `change` is where the pictures change, in terms of the join itself.
 */
export function ownHalf(
  drawing: Drawing,
  change: readonly [number, number],
): { drawing: Drawing; opacity: number[] } {
  const { progress, flatSide, lead, span } = drawing
  const opacityOver = (from: number, to: number) => progress.map((at) => smooth(ramp(at, from, to)))
  if (flatSide === null) return { drawing, opacity: opacityOver(...change) }
  const half = {
    ...drawing,
    lead: flatSide === 'a' ? lead + span : lead,
    span: 2 * span,
    progress: progress.map((at) => (flatSide === 'a' ? 1 + at : at) / 2),
  }
  return { drawing: half, opacity: flatSide === 'a' ? opacityOver(0, 0.6) : opacityOver(0.4, 1) }
}

/** Music and ambience step back while somebody speaks. Pure. */
import type { PlacedSound } from '../../core/storyboard/sound-plan.ts'

export const DUCK_DB = -9
/** From full level to ducked, before the first word. */
const ATTACK = 0.15 * 48_000
/** Back to full level, after the last. */
const RELEASE = 0.4 * 48_000
/** Lines that follow each other this closely are one: the bed does not come up for a breath. */
const BREATH = 0.7 * 48_000

export type Span = { from: number; to: number }

/** Where speech is, in order, without overlap. */
export function speechSpans(sounds: readonly PlacedSound[]): Span[] {
  const spans: Span[] = []
  for (const { lane, start, length } of sounds.toSorted((a, b) => a.start - b.start)) {
    if (lane !== 'dialogue') continue
    const last = spans.at(-1)
    if (last && start - last.to < BREATH) last.to = Math.max(last.to, start + length)
    else spans.push({ from: start, to: start + length })
  }
  return spans
}

/** A slope without corners, 0 to 1. */
const smooth = (x: number): number => (1 - Math.cos(Math.PI * x)) / 2

/** Share of the ducking, 0 to 1, at one sample of the film. */
function depthAt(at: number, { from, to }: Span): number {
  if (at < from) return smooth(Math.max(0, 1 - (from - at) / ATTACK))
  if (at < to) return 1
  return smooth(Math.max(0, 1 - (at - to) / RELEASE))
}

/** Factors for the samples from `at` on; null where nobody speaks. */
export function duckFactors(spans: readonly Span[], at: number, count: number): Float32Array | null {
  const near = spans.filter(({ from, to }) => from - ATTACK < at + count && to + RELEASE > at)
  if (near.length === 0) return null
  return Float32Array.from({ length: count }, (_, i) => {
    let depth = 0
    for (const span of near) depth = Math.max(depth, depthAt(at + i, span))
    return 10 ** ((DUCK_DB * depth) / 20)
  })
}

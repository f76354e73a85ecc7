/** Time left, said only when it can be known. Pure. */

const WINDOW_MS = 20_000
const SHORTEST_MS = 4_000
const LEAST_PERCENT = 8
const STALLED_MS = 15_000

/**
 * Seconds left, from the pace of the last 20 s; null while there is too little to go by, when nothing moves, and near
 * the end, where a figure only jumps.
 */
export function secondsLeft(
  samples: readonly { atMs: number; percent: number }[],
  nowMs: number,
): number | null {
  const newest = samples.at(-1)
  if (!newest || newest.percent < LEAST_PERCENT || newest.percent >= 97) return null
  if (nowMs - newest.atMs > STALLED_MS) return null
  const first = samples.find((sample) => newest.atMs - sample.atMs <= WINDOW_MS) ?? newest
  const spanMs = newest.atMs - first.atMs
  if (spanMs < SHORTEST_MS || newest.percent - first.percent < 2) return null
  const left = ((100 - newest.percent) * spanMs) / (newest.percent - first.percent) - (nowMs - newest.atMs)
  return left < 1_000 ? null : left / 1_000
}

/** Rounded as honestly as an estimate deserves: `about 10 s left`, `about 3 min left`. */
export function etaText(seconds: number): string {
  if (seconds < 10) return 'a few seconds left'
  if (seconds < 90) return `about ${Math.round(seconds / 5) * 5} s left`
  return `about ${Math.round(seconds / 60)} min left`
}

/** A measured time left, as a range: `10 to 20 s left`, `2 to 4 min left`; what has passed since it was told is taken off. */
export function etaRangeText([low, high]: readonly [number, number], passedS = 0): string {
  const [from, to] = [Math.max(0, low - passedS), Math.max(0, high - passedS)]
  if (to < 10) return 'a few seconds left'
  if (to < 90) return between(Math.floor(from / 5) * 5, Math.ceil(to / 5) * 5, 's')
  return between(Math.floor(from / 60), Math.ceil(to / 60), 'min')
}

const between = (from: number, to: number, unit: string): string =>
  from <= 0
    ? `less than ${to} ${unit} left`
    : from === to
      ? `about ${to} ${unit} left`
      : `${from} to ${to} ${unit} left`

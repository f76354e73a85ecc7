/** How long scenes will take, from how long like ones took. Pure. */

/** Sums over measured generations of one engine and workflow in one size: logarithms of seconds a megapixel. */
export type TimeStats = {
  /** How many there were. */
  samples: number
  /** How many still count: older ones fade. */
  weight: number
  logSum: number
  logSquareSum: number
}

/** By size bucket. */
export type MeasuredTimes = ReadonlyMap<number, TimeStats>

/** Seconds: the middle, and a range that four in five fall into. */
export type Expected = { low: number; mid: number; high: number }

/** Fewer say nothing. */
const LEAST_SAMPLES = 3
/** Samples of other sizes are rougher: a quarter more or less at least. */
const LEAST_SPREAD = { same: 0.1, other: 0.25 }
/** Four in five of a normal distribution lie within so many standard deviations. */
const FOUR_IN_FIVE = 1.28

/** Sizes within a fifth of each other share a bucket. @param megapixels width x height x frames / 10^6 */
export const sizeBucket = (megapixels: number): number =>
  Math.round(4 * Math.log2(Math.max(megapixels, 1e-6)))

function spreadOf(stats: TimeStats, least: number): { mean: number; spread: number } {
  const mean = stats.logSum / stats.weight
  const variance = Math.max(0, stats.logSquareSum / stats.weight - mean * mean)
  // Few samples know their own spread badly.
  return { mean, spread: Math.max(least, Math.sqrt(variance * (1 + 2 / stats.weight))) }
}

const pooled = (times: MeasuredTimes): TimeStats =>
  [...times.values()].reduce(
    (sum, one) => ({
      samples: sum.samples + one.samples,
      weight: sum.weight + one.weight,
      logSum: sum.logSum + one.logSum,
      logSquareSum: sum.logSquareSum + one.logSquareSum,
    }),
    { samples: 0, weight: 0, logSum: 0, logSquareSum: 0 },
  )

/**
 * Seconds of generating a clip of a size: from clips of about that size, else from those of any; null with fewer than
 * three.
 */
export function expectedTime(times: MeasuredTimes, megapixels: number): Expected | null {
  const same = times.get(sizeBucket(megapixels))
  const hasSame = same !== undefined && same.samples >= LEAST_SAMPLES
  const stats = hasSame ? same : pooled(times)
  if (stats.samples < LEAST_SAMPLES) return null
  const { mean, spread } = spreadOf(stats, hasSame ? LEAST_SPREAD.same : LEAST_SPREAD.other)
  const at = (deviations: number): number => megapixels * Math.exp(mean + deviations * spread)
  return { low: at(-FOUR_IN_FIVE), mid: at(0), high: at(FOUR_IN_FIVE) }
}

/** A scene that is not through yet. */
export type Remaining = {
  expected: Expected
  /** How far it is, 0 to 1. */
  progress: number
}

/** What comes after the last clip: fetching, joining, publishing. */
const AFTERWARDS: Expected = { low: 1, mid: 8, high: 30 }

/** `places` workers cannot be quicker than their share, nor than the longest single piece. */
const wallSeconds = (pieces: readonly number[], places: number): number =>
  Math.max(0, ...pieces, pieces.reduce((sum, piece) => sum + piece, 0) / Math.max(1, places))

/**
 * Seconds until the film is there.
 * @param places scenes that are made at once: `now`, and when everything that there is works on this film
 */
export function timeLeft(scenes: readonly Remaining[], places: { now: number; most: number }): Expected {
  const left = (which: keyof Expected): number[] =>
    scenes.map(({ expected, progress }) => expected[which] * (1 - Math.min(1, Math.max(0, progress))))
  return {
    low: wallSeconds(left('low'), Math.max(places.now, places.most)) + AFTERWARDS.low,
    mid: wallSeconds(left('mid'), places.now) + AFTERWARDS.mid,
    high: wallSeconds(left('high'), places.now) + AFTERWARDS.high,
  }
}

/** Whole seconds, as the wire shows them. */
export const shownTime = ({ low, mid, high }: Expected): { seconds: number; range: [number, number] } => ({
  seconds: Math.ceil(mid),
  range: [Math.floor(low), Math.ceil(high)],
})

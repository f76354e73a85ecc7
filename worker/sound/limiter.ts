/** Keeps the true peaks of a sound below a ceiling, looking ahead so that nothing is cut off. */
import { PEAK_AFTER, PEAK_BEFORE, PEAK_FLOOR, peakBetween } from '../../core/sound/meter.ts'
import type { Mono, Stereo } from '../../core/sound/signal.ts'

/** 5 ms: the gain is down before the peak comes, on a slope. */
const AHEAD = 240
/** Share of the way back to full level that is gone in one sample: most of it within 150 ms. */
const RECOVERY = 1 / (0.08 * 48_000)

export type Limiter = {
  /** The next samples; gives those that are finished, a little later. */
  take(piece: Stereo): Stereo
  /** The rest. */
  end(): Stereo
}

/** @param ceiling highest true peak, as a factor of full scale */
export function createLimiter(ceiling: number): Limiter {
  // Silence before the beginning, for the curve through the first samples and for the slope's mean.
  let left: Mono = new Float32Array(PEAK_BEFORE)
  let right: Mono = new Float32Array(PEAK_BEFORE)
  /** Gains that the samples need, from the same place on as `left`, as far as they are known. */
  let needed: Mono = new Float32Array(PEAK_BEFORE).fill(1)
  /** Mean of the last gains. */
  const slope = new Float64Array(AHEAD).fill(1)
  let slopeAt = 0
  let slopeSum = AHEAD
  let recovering = 1
  let isQuietFor = AHEAD
  let isFirst = true

  const need = (i: number): number => {
    let peak = 0
    for (const side of [left, right]) {
      const level = Math.max(Math.abs(side[i]!), Math.abs(side[i + 1]!))
      if (level > peak) peak = level
      if (level > ceiling * PEAK_FLOOR) peak = Math.max(peak, peakBetween(side, i))
    }
    return peak > ceiling ? ceiling / peak : 1
  }

  /** Works off what is known, all but the last `keep` samples. */
  const advance = (keep: number): Stereo => {
    const known = Math.max(needed.length, left.length - PEAK_AFTER)
    const all = new Float32Array(known).fill(1)
    all.set(needed)
    for (let i = Math.max(PEAK_BEFORE, needed.length - 1); i + PEAK_AFTER < left.length; i++) {
      const gain = need(i)
      // Between two samples lies a peak of both.
      if (gain < all[i]!) all[i] = gain
      if (i + 1 < known && gain < all[i + 1]!) all[i + 1] = gain
    }
    needed = all
    const first = PEAK_BEFORE
    const until = Math.max(first, left.length - keep)
    const out = { left: left.slice(first, until), right: right.slice(first, until) }
    const lowest = lowestAhead(needed, first, until)
    for (let i = 0; i < until - first; i++) {
      const target = lowest ? lowest[i]! : 1
      if (isFirst) {
        // What begins loud is low from the beginning: there is no before to come down in.
        recovering = target
        slope.fill(target)
        slopeSum = target * AHEAD
        isFirst = false
      }
      if (target === 1 && recovering === 1) isQuietFor += 1
      else isQuietFor = 0
      if (isQuietFor > AHEAD) continue
      recovering = Math.min(target, recovering + (1 - recovering) * RECOVERY)
      if (recovering > 0.99999) recovering = Math.min(target, 1)
      slopeSum += recovering - slope[slopeAt]!
      slope[slopeAt] = recovering
      slopeAt = (slopeAt + 1) % AHEAD
      if (isQuietFor === AHEAD) slopeSum = AHEAD
      const gain = Math.min(1, slopeSum / AHEAD)
      out.left[i]! *= gain
      out.right[i]! *= gain
    }
    left = left.slice(until - first)
    right = right.slice(until - first)
    needed = needed.slice(until - first)
    return out
  }

  const append = (piece: Stereo): void => {
    left = joined(left, piece.left)
    right = joined(right, piece.right)
  }

  return {
    take(piece) {
      append(piece)
      return advance(AHEAD + PEAK_AFTER)
    },
    end() {
      const padding = AHEAD + PEAK_AFTER
      append({ left: new Float32Array(padding), right: new Float32Array(padding) })
      return advance(padding)
    },
  }
}

function joined(a: Mono, b: Mono): Mono {
  const out = new Float32Array(a.length + b.length)
  out.set(a)
  out.set(b, a.length)
  return out
}

/** The lowest of each place and the `AHEAD` behind it; null when none is below 1. */
function lowestAhead(gains: Mono, from: number, until: number): Mono | null {
  const end = Math.min(gains.length, until + AHEAD)
  let isOpen = true
  for (let i = from; i < end; i++) if (gains[i]! < 1) isOpen = false
  if (isOpen) return null
  const lowest = new Float32Array(until - from)
  // Places that may still be the lowest, lowest first.
  const queue: number[] = []
  let head = 0
  for (let i = from; i < until + AHEAD; i++) {
    const gain = i < gains.length ? gains[i]! : 1
    while (queue.length > head && (gains[queue.at(-1)!] ?? 1) >= gain) queue.pop()
    queue.push(i)
    const place = i - AHEAD
    if (place < from) continue
    while (queue[head]! < place) head += 1
    lowest[place - from] = gains[queue[head]!] ?? 1
  }
  return lowest
}

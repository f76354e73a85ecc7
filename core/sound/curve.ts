/** Courses over time: envelopes, sweeps, slow movements. */
import type { Random } from './random.ts'
import { type Mono, RATE } from './signal.ts'

/** A value at a time in seconds. */
export type Curve = (seconds: number) => number

/** Curves move slowly: they are asked once in so many samples. */
export const STEP = 32

export type Point = readonly [seconds: number, value: number]

/** Straight lines between points; the first and last value hold outside. */
export function line(...points: readonly Point[]): Curve {
  return (seconds) => {
    let before = points[0]!
    for (const point of points) {
      if (seconds < point[0]) {
        const span = point[0] - before[0]
        return span > 0 ? before[1] + ((point[1] - before[1]) * (seconds - before[0])) / span : point[1]
      }
      before = point
    }
    return before[1]
  }
}

/** As `line`, by equal ratios: for frequencies. Values must be above 0. */
export function glide(...points: readonly Point[]): Curve {
  const log = line(...points.map(([at, value]): Point => [at, Math.log(value)]))
  return (seconds) => Math.exp(log(seconds))
}

/** 0 at both ends, 1 at `peakS`, smooth; `sharpness` above 1 makes it narrower. */
export function hump(seconds: number, peakS: number, sharpness = 1): Curve {
  return (at) => {
    if (at <= 0 || at >= seconds) return 0
    const phase = at < peakS ? at / peakS : (seconds - at) / (seconds - peakS)
    return Math.sin((phase * Math.PI) / 2) ** (2 * sharpness)
  }
}

/** Rises in `attackS`, holds, and falls in the last `releaseS` of `seconds`. */
export const swell = (seconds: number, attackS: number, releaseS: number): Curve => {
  const edge = (x: number): number => (x <= 0 ? 0 : x >= 1 ? 1 : x * x * (3 - 2 * x))
  return (at) => edge(at / attackS) * edge((seconds - at) / releaseS)
}

/** A slow wave between `low` and `high` with a whole number of `turns` in `seconds`, so that it closes on a loop. */
export const wave = (low: number, high: number, turns: number, seconds: number, phase = 0): Curve => {
  const middle = (low + high) / 2
  const half = (high - low) / 2
  return (at) => middle + half * Math.sin(2 * Math.PI * ((turns * at) / seconds + phase))
}

/** Multiplies a sound by a curve. */
export function shape(sound: Mono, curve: Curve): Mono {
  let now = curve(0)
  for (let from = 0; from < sound.length; from += STEP) {
    const next = curve((from + STEP) / RATE)
    const slope = (next - now) / STEP
    const until = Math.min(STEP, sound.length - from)
    for (let i = 0; i < until; i++) sound[from + i]! *= now + slope * i
    now = next
  }
  return sound
}

/** 120 dB down. Real silence after it, since numbers that are almost nothing are slow to reckon with. */
const INAUDIBLE = 1e-6

/** Multiplies by a rise of `attackS` and then a fall that takes `decayS` for 60 dB. */
export function strike(sound: Mono, attackS: number, decayS: number): Mono {
  const attack = Math.max(1, Math.round(attackS * RATE))
  const fall = 10 ** (-3 / (decayS * RATE))
  for (let i = 0; i < Math.min(attack, sound.length); i++) sound[i]! *= i / attack
  let gain = 1
  let i = attack
  for (; i < sound.length && gain > INAUDIBLE; i++) {
    sound[i]! *= gain
    gain *= fall
  }
  return sound.fill(0, i)
}

/** Short ramps at both ends, against clicks. */
export function soften(sound: Mono, startS: number, endS: number): Mono {
  const start = Math.min(sound.length, Math.round(startS * RATE))
  const end = Math.min(sound.length, Math.round(endS * RATE))
  for (let i = 0; i < start; i++) sound[i]! *= i / start
  for (let i = 0; i < end; i++) sound[sound.length - 1 - i]! *= i / end
  return sound
}

/** A wandering between `low` and `high` that closes on a loop of `seconds`; `turns` is how busy it is at most. */
export function drift(low: number, high: number, seconds: number, random: Random, turns = 4): Curve {
  const parts = Array.from({ length: turns }, (_, i) => ({
    turns: i + 1,
    phase: random.next(),
    gain: 1 / Math.sqrt(i + 1),
  }))
  const most = parts.reduce((sum, part) => sum + part.gain, 0) * 0.75
  return (at) => {
    let sum = 0
    for (const part of parts)
      sum += part.gain * Math.sin(2 * Math.PI * ((part.turns * at) / seconds + part.phase))
    const x = Math.max(-1, Math.min(1, sum / most))
    return low + ((high - low) * (x + 1)) / 2
  }
}

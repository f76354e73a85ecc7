/** Filters. Each keeps its state, so that the next buffer goes on where the last one ended. */
import { type Curve, STEP } from './curve.ts'
import { framesOf, type Mono, RATE } from './signal.ts'

/** Works on a buffer in place. */
export type Effect = (sound: Mono) => void

export function through(sound: Mono, ...effects: readonly Effect[]): Mono {
  for (const effect of effects) effect(sound)
  return sound
}

/** As `through` for a sound that loops: the end is heard first, so that the beginning carries its trace. */
export function around(sound: Mono, warmUpS: number, ...effects: readonly Effect[]): Mono {
  for (const effect of effects) {
    effect(sound.slice(-framesOf(warmUpS)))
    effect(sound)
  }
  return sound
}

/** What a filter rings on with at the end is nothing: numbers that small are not kept, they are slow to reckon with. */
const NOTHING = 1e-12
const kept = (x: number): number => (x > NOTHING || x < -NOTHING ? x : 0)

type Coefficients = readonly [b0: number, b1: number, b2: number, a1: number, a2: number]

/** A second-order section with coefficients that are divided by a0 already. */
export function biquad([b0, b1, b2, a1, a2]: Coefficients): Effect {
  let z1 = 0
  let z2 = 0
  return (sound) => {
    let s1 = z1
    let s2 = z2
    for (let i = 0; i < sound.length; i++) {
      const x = sound[i]!
      const y = b0 * x + s1
      s1 = b1 * x - a1 * y + s2
      s2 = b2 * x - a2 * y
      sound[i] = kept(y)
    }
    z1 = s1
    z2 = s2
  }
}

/** Cutoffs stay below where the formulas fold over. */
const omega = (hz: number): number => (2 * Math.PI * Math.min(hz, RATE * 0.47)) / RATE

// Formulas of the Audio EQ Cookbook (R. Bristow-Johnson).
export function lowpass(hz: number, q = Math.SQRT1_2): Effect {
  const cos = Math.cos(omega(hz))
  const alpha = Math.sin(omega(hz)) / (2 * q)
  const a0 = 1 + alpha
  return biquad([(1 - cos) / 2 / a0, (1 - cos) / a0, (1 - cos) / 2 / a0, (-2 * cos) / a0, (1 - alpha) / a0])
}

export function highpass(hz: number, q = Math.SQRT1_2): Effect {
  const cos = Math.cos(omega(hz))
  const alpha = Math.sin(omega(hz)) / (2 * q)
  const a0 = 1 + alpha
  return biquad([(1 + cos) / 2 / a0, -(1 + cos) / a0, (1 + cos) / 2 / a0, (-2 * cos) / a0, (1 - alpha) / a0])
}

/** Lets a band through, with its middle at 0 dB. */
export function bandpass(hz: number, q: number): Effect {
  const cos = Math.cos(omega(hz))
  const alpha = Math.sin(omega(hz)) / (2 * q)
  const a0 = 1 + alpha
  return biquad([alpha / a0, 0, -alpha / a0, (-2 * cos) / a0, (1 - alpha) / a0])
}

/** Lifts or lowers a band by `gainDb`. */
export function bell(hz: number, q: number, gainDb: number): Effect {
  const a = 10 ** (gainDb / 40)
  const cos = Math.cos(omega(hz))
  const alpha = Math.sin(omega(hz)) / (2 * q)
  const a0 = 1 + alpha / a
  return biquad([
    (1 + alpha * a) / a0,
    (-2 * cos) / a0,
    (1 - alpha * a) / a0,
    (-2 * cos) / a0,
    (1 - alpha / a) / a0,
  ])
}

/** White noise comes out as pink: 3 dB less an octave (P. Kellet's filter). */
export function pinking(): Effect {
  let [b0, b1, b2] = [0, 0, 0]
  return (sound) => {
    for (let i = 0; i < sound.length; i++) {
      const x = sound[i]!
      b0 = 0.99765 * b0 + x * 0.099046
      b1 = 0.963 * b1 + x * 0.2965164
      b2 = 0.57 * b2 + x * 1.0526913
      sound[i] = (b0 + b1 + b2 + x * 0.1848) * 0.25
    }
  }
}

/** Rounds off peaks: `drive` 1 is hardly there, 4 growls. */
export const drive = (amount: number): Effect => {
  const gain = 1 / Math.tanh(amount)
  return (sound) => {
    for (let i = 0; i < sound.length; i++) sound[i] = Math.tanh(sound[i]! * amount) * gain
  }
}

type Sweep = 'low' | 'band' | 'high'

/**
 * A filter whose cutoff moves (state variable, trapezoidal: stable however fast it moves). `hz` is asked in seconds
 * from the beginning of the first buffer. The middle of `band` is at 0 dB.
 */
export function sweep(kind: Sweep, hz: Curve, q = Math.SQRT1_2): Effect {
  let ic1 = 0
  let ic2 = 0
  let done = 0
  const k = 1 / q
  return (sound) => {
    let s1 = ic1
    let s2 = ic2
    for (let from = 0; from < sound.length; from += STEP) {
      const g = Math.tan(omega(hz((done + from) / RATE)) / 2)
      const a1 = 1 / (1 + g * (g + k))
      const a2 = g * a1
      const a3 = g * a2
      const until = Math.min(from + STEP, sound.length)
      for (let i = from; i < until; i++) {
        const v0 = sound[i]!
        const v3 = v0 - s2
        const v1 = a1 * s1 + a2 * v3
        const v2 = s2 + a2 * s1 + a3 * v3
        s1 = 2 * v1 - s1
        s2 = 2 * v2 - s2
        sound[i] = kept(kind === 'low' ? v2 : kind === 'band' ? k * v1 : v0 - k * v1 - v2)
      }
    }
    ic1 = s1
    ic2 = s2
    done += sound.length
  }
}

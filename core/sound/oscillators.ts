/** Sources with a pitch. Each adds to a buffer. */
import { type Curve, STEP } from './curve.ts'
import { type Mono, RATE } from './signal.ts'

/** What is left of the corner of a wave that jumps, smoothed over two samples (polynomial band-limited step). */
function corner(phase: number, step: number): number {
  if (phase < step) {
    const x = phase / step
    return x + x - x * x - 1
  }
  if (phase > 1 - step) {
    const x = (phase - 1) / step
    return x * x + x + x + 1
  }
  return 0
}

export function addSaw(out: Mono, hz: number | Curve, gain = 1, startPhase = 0): void {
  let phase = startPhase
  for (let from = 0; from < out.length; from += STEP) {
    const step = (typeof hz === 'number' ? hz : hz(from / RATE)) / RATE
    const until = Math.min(from + STEP, out.length)
    for (let i = from; i < until; i++) {
      out[i]! += gain * (2 * phase - 1 - corner(phase, step))
      phase += step
      if (phase >= 1) phase -= 1
    }
  }
}

/** A rectangle of which the part `width` is high. */
export function addPulse(out: Mono, hz: number | Curve, gain = 1, width = 0.5, startPhase = 0): void {
  let phase = startPhase
  for (let from = 0; from < out.length; from += STEP) {
    const step = (typeof hz === 'number' ? hz : hz(from / RATE)) / RATE
    const until = Math.min(from + STEP, out.length)
    for (let i = from; i < until; i++) {
      const other = phase < width ? phase + 1 - width : phase - width
      out[i]! += gain * ((phase < width ? 1 : -1) + corner(phase, step) - corner(other, step))
      phase += step
      if (phase >= 1) phase -= 1
    }
  }
}

/** A steady tone is a point that goes round; that takes no sine a sample. */
function addSteadySine(out: Mono, hz: number, gain: number, startPhase: number): void {
  const angle = (2 * Math.PI * hz) / RATE
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  let re = gain * Math.cos(2 * Math.PI * startPhase)
  let im = gain * Math.sin(2 * Math.PI * startPhase)
  for (let i = 0; i < out.length; i++) {
    out[i]! += im
    const next = re * cos - im * sin
    im = re * sin + im * cos
    re = next
  }
}

export function addSine(out: Mono, hz: number | Curve, gain = 1, startPhase = 0): void {
  if (typeof hz === 'number') {
    addSteadySine(out, hz, gain, startPhase)
    return
  }
  let phase = 2 * Math.PI * startPhase
  for (let from = 0; from < out.length; from += STEP) {
    const step = (2 * Math.PI * hz(from / RATE)) / RATE
    const until = Math.min(from + STEP, out.length)
    for (let i = from; i < until; i++) {
      out[i]! += gain * Math.sin(phase)
      phase += step
    }
    if (phase > 6_283) phase %= 2 * Math.PI
  }
}

/** Below this nothing is heard, and nothing is reckoned. */
const INAUDIBLE = 1e-5

/** A vibration that dies away: `decayS` for 60 dB. Begins at its zero, so without a click. */
export function addMode(out: Mono, hz: number, gain: number, decayS: number, from = 0): void {
  if (hz > RATE * 0.45) return
  const angle = (2 * Math.PI * hz) / RATE
  const fall = 10 ** (-3 / (decayS * RATE))
  const cos = Math.cos(angle) * fall
  const sin = Math.sin(angle) * fall
  const audible = Math.ceil((decayS * RATE * Math.log10(Math.max(1, Math.abs(gain) / INAUDIBLE))) / 3)
  const until = Math.min(out.length, from + audible)
  let re = gain
  let im = 0
  for (let i = from; i < until; i++) {
    out[i]! += im
    const next = re * cos - im * sin
    im = re * sin + im * cos
    re = next
  }
}

/** A body that rings: ratios to `hz`, each with its share and decay. */
export type Mode = readonly [ratio: number, gain: number, decayS: number]

export function addModes(out: Mono, hz: number, modes: readonly Mode[], gain = 1): void {
  for (const [ratio, share, decayS] of modes) addMode(out, hz * ratio, gain * share, decayS)
}

/** Piano. */
import { shape, strike, swell } from '../curve.ts'
import { lowpass, through } from '../filters.ts'
import { addMode } from '../oscillators.ts'
import { noise, type Random } from '../random.ts'
import { buffer, framesOf, level, type Mono, mixInto } from '../signal.ts'

/** Steel is stiff: its partials are a little too high, more so the higher they are. */
const STIFFNESS = 0.000_35
/** Where the hammer strikes, as a part of the string; partials with a knot there are weak. */
const HAMMER_AT = 1 / 8.3

/** @param force 0 to 1: harder is brighter, not only louder */
export function piano(pitch: number, seconds: number, random: Random, force = 0.6): Mono {
  const releaseS = 0.18
  const out = buffer(seconds + releaseS)
  const ringS = Math.min(14, 9 * Math.sqrt(110 / pitch))
  const partials = Math.min(12, Math.floor(9_000 / pitch))
  for (let n = 1; n <= partials; n++) {
    const hz = pitch * n * Math.sqrt(1 + STIFFNESS * n * n)
    const gain = (Math.abs(Math.sin(Math.PI * n * HAMMER_AT)) + 0.05) / n ** (1.65 - 0.8 * force)
    const decayS = ringS / (1 + 0.35 * (n - 1))
    // Two strings a note, a hair apart: the sound beats, and falls fast before it falls slowly. High partials are gone
    // before that is heard.
    addMode(out, hz, gain * (n > 5 ? 1 : 0.62), decayS * 0.45)
    if (n > 5) continue
    addMode(out, hz * (1 + random.between(0.000_25, 0.000_7)), gain * 0.38, decayS)
  }
  const hammer = strike(noise(framesOf(0.05), random), 0.001, 0.035)
  mixInto(out, through(hammer, lowpass(500 + 1_800 * force)), 0.25 * force)
  return level(shape(out, swell(seconds + releaseS, 0.002, releaseS)))
}

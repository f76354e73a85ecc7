/** One step of a shoe on a hard floor: heel, then sole. */
import { hump, shape, strike } from '../curve.ts'
import { bandpass, lowpass, through } from '../filters.ts'
import { addModes } from '../oscillators.ts'
import { noise, type Random } from '../random.ts'
import { buffer, framesOf, level, type Mono, mixInto } from '../signal.ts'

export function step(random: Random, { weight = 0.5, rollS = 0.085 } = {}): Mono {
  const out = buffer(0.32)
  const heel = random.between(0.94, 1.06)
  addModes(out, 92 * heel, [
    [1, 0.55 * weight, 0.08],
    [2.3, 0.5, 0.07],
    [4.4, 0.3, 0.05],
    [9.1, 0.22, 0.03],
    [17, 0.12, 0.02],
  ])
  mixInto(
    out,
    through(strike(noise(framesOf(0.05), random), 0.0006, 0.035), bandpass(1_700 * heel, 0.8)),
    0.55,
  )
  const sole = out.subarray(framesOf(rollS * random.between(0.9, 1.1)))
  const scuff = shape(noise(framesOf(0.11), random), hump(0.11, 0.02, 0.6))
  mixInto(sole, through(scuff, bandpass(2_600, 0.7), lowpass(6_500)), 0.2)
  const tap = buffer(0.1)
  addModes(tap, 140 * heel, [
    [1, 0.35, 0.06],
    [3.1, 0.16, 0.04],
    [8, 0.08, 0.02],
  ])
  mixInto(sole, tap, 0.9)
  return level(out)
}

/** Flute and whistle: almost pure tones, with breath. */
import { type Curve, shape, swell } from '../curve.ts'
import { bandpass, through } from '../filters.ts'
import { addSine } from '../oscillators.ts'
import { noise, type Random } from '../random.ts'
import { buffer, framesOf, level, type Mono, mixInto } from '../signal.ts'

function pipe(
  pitch: number,
  seconds: number,
  harmonics: readonly number[],
  breath: number,
  vibratoCents: number,
  random: Random,
): Mono {
  const releaseS = 0.12
  const length = seconds + releaseS
  const start = random.next() * 6
  const vibrato: Curve = (at) =>
    1 +
    (vibratoCents / 1_731) *
      Math.min(1, Math.max(0, at - 0.15) * 3) *
      Math.sin(2 * Math.PI * 5.1 * at + start) -
    0.012 * Math.exp(-at / 0.03)
  const out = buffer(length)
  harmonics.forEach((gain, i) => {
    addSine(out, (at) => pitch * (i + 1) * vibrato(at), gain)
  })
  const air = noise(framesOf(length), random)
  mixInto(out, through(air, bandpass(pitch * 2, 1.5)), breath)
  return level(shape(out, swell(length, Math.min(0.07, seconds / 3), releaseS)))
}

export const flute = (pitch: number, seconds: number, random: Random): Mono =>
  pipe(pitch, seconds, [1, 0.32, 0.14, 0.05], 0.28, 14, random)

export const whistle = (pitch: number, seconds: number, random: Random): Mono =>
  pipe(pitch, seconds, [1, 0.06, 0.03], 0.14, 18, random)

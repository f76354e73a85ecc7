/** Cars: one that passes, one that calls. */
import { glide, line, shape, swell } from '../curve.ts'
import { bandpass, highpass, lowpass, sweep, through } from '../filters.ts'
import { addSaw } from '../oscillators.ts'
import { noise, type Random } from '../random.ts'
import { buffer, framesOf, level, type Mono, mixInto, type Stereo } from '../signal.ts'

/**
 * Tyres and engine go by in `seconds`, nearest in the middle.
 * @param nearness 0 to 1: how sharp the passing is, and how bright
 * @param from side it comes from, -1 or 1
 */
export function passBy(seconds: number, nearness: number, from: number, random: Random): Stereo {
  const middle = seconds * 0.5
  const width = seconds * (0.26 - 0.14 * nearness)
  const distance = (at: number): number => Math.hypot(1, (at - middle) / width)
  const tyres = through(
    noise(framesOf(seconds), random),
    sweep('band', (at) => (550 + 700 * nearness) / distance(at) ** 0.5, 0.6),
    highpass(120),
  )
  const hiss = through(noise(framesOf(seconds), random), bandpass(2_600, 0.6))
  mixInto(
    tyres,
    shape(hiss, (at) => distance(at) ** -1.5),
    0.35 * nearness,
  )
  // Air swallows high tones: only what is near hisses.
  through(tyres, lowpass(2_200 + 3_800 * nearness))
  const engine = buffer(seconds)
  const turn = random.between(62, 88)
  // What comes is a little higher than what goes.
  const pitch = glide(
    [0, turn * 1.05],
    [middle - width, turn * 1.04],
    [middle + width, turn * 0.96],
    [seconds, turn * 0.95],
  )
  addSaw(engine, pitch, 0.6)
  addSaw(engine, (at) => pitch(at) * 1.5, 0.3)
  through(engine, lowpass(240), lowpass(320))
  mixInto(tyres, level(engine), 0.3)
  const edge = swell(seconds, seconds * 0.35, seconds * 0.35)
  shape(level(tyres), (at) => edge(at) * distance(at) ** -1.6)
  const pan = line(
    [0, from * 0.85],
    [middle - width, from * 0.6],
    [middle + width, -from * 0.6],
    [seconds, -from * 0.85],
  )
  const side = (sign: number): Mono =>
    shape(tyres.slice(), (at) => Math.sin(((1 + sign * pan(at)) * Math.PI) / 4))
  return { left: side(-1), right: side(1) }
}

/** A horn, as from a block away. */
export function horn(seconds: number, pitch = 392): Mono {
  const out = buffer(seconds)
  addSaw(out, pitch, 0.5)
  addSaw(out, pitch * 1.26, 0.5, 0.3)
  return level(shape(through(out, bandpass(750, 0.8), lowpass(1_700)), swell(seconds, 0.03, 0.06)))
}

/** Bars and bells: a few vibrations, each with its own share and life. */
import { strike } from '../curve.ts'
import { bandpass, through } from '../filters.ts'
import { addModes, type Mode } from '../oscillators.ts'
import { noise, type Random } from '../random.ts'
import { buffer, framesOf, level, type Mono, mixInto } from '../signal.ts'

function bar(
  pitch: number,
  seconds: number,
  modes: readonly Mode[],
  knockHz: number,
  knock: number,
  random: Random,
): Mono {
  const out = buffer(seconds)
  addModes(out, pitch, modes)
  const mallet = strike(noise(framesOf(0.03), random), 0.0005, 0.02)
  mixInto(out, through(mallet, bandpass(knockHz, 1.2)), knock)
  return level(out)
}

/** The bars are cut so that their second vibration is two octaves up. */
export const marimba = (pitch: number, random: Random): Mono =>
  bar(
    pitch,
    0.7,
    [
      [1, 1, 0.9],
      [3.93, 0.28, 0.25],
      [9.6, 0.1, 0.09],
    ],
    1_400,
    0.5,
    random,
  )

export const glockenspiel = (pitch: number, random: Random, seconds = 1.4): Mono =>
  bar(
    pitch,
    seconds,
    [
      [1, 1, 1.8],
      [2.76, 0.35, 0.7],
      [5.4, 0.16, 0.3],
      [8.93, 0.06, 0.12],
    ],
    5_000,
    0.25,
    random,
  )

export const celesta = (pitch: number, random: Random, seconds = 1.2): Mono =>
  bar(
    pitch,
    seconds,
    [
      [1, 1, 1.3],
      [2, 0.22, 0.8],
      [4.02, 0.12, 0.35],
      [6.8, 0.04, 0.15],
    ],
    2_600,
    0.18,
    random,
  )

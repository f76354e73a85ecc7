/** Drums and small percussion. All come at full level. */
import { glide, line, shape, strike } from '../curve.ts'
import { bandpass, drive, highpass, lowpass, through } from '../filters.ts'
import { addMode, addModes, addPulse, addSine, type Mode } from '../oscillators.ts'
import { noise, type Random } from '../random.ts'
import { buffer, framesOf, level, type Mono, mixInto } from '../signal.ts'

const burst = (seconds: number, attackS: number, decayS: number, random: Random): Mono =>
  strike(noise(framesOf(seconds), random), attackS, decayS)

/** A tone that falls, and a click: bass drums, booms, thuds. */
export function thump(fromHz: number, toHz: number, decayS: number, random: Random, click = 0.3): Mono {
  const out = buffer(decayS * 1.1)
  addSine(out, glide([0, fromHz], [0.025, (fromHz * toHz) ** 0.5], [0.09, toHz]))
  strike(out, 0.001, decayS)
  mixInto(out, through(burst(0.03, 0.0003, 0.02, random), lowpass(3_500)), click)
  return level(out)
}

export const kick = (random: Random): Mono => level(through(thump(190, 48, 0.42, random, 0.4), drive(1.6)))

export function snare(random: Random, { decayS = 0.26, body = 0.5 } = {}): Mono {
  const out = through(burst(decayS, 0.0006, decayS, random), highpass(1_300), lowpass(9_500))
  addMode(out, 185, body, 0.16)
  addMode(out, 331, body * 0.7, 0.11)
  return level(through(out, drive(1.2)))
}

/** Hands: a few claps that fall almost together. */
export function handClap(random: Random): Mono {
  const out = buffer(0.3)
  for (const [at, decayS] of [
    [0, 0.02],
    [0.011, 0.02],
    [0.022, 0.025],
    [0.031, 0.22],
  ] as const) {
    const from = framesOf(at)
    mixInto(out.subarray(from), burst(decayS, 0.0003, decayS, random), at === 0.031 ? 1 : 0.8)
  }
  return level(through(out, bandpass(1_250, 0.9), highpass(500)))
}

/** Six rectangles with nothing in common sound like metal. */
const METAL = [2, 3.01, 4.16, 5.43, 6.79, 8.21]

function metal(seconds: number, decayS: number, random: Random, cutHz: number): Mono {
  const out = buffer(seconds)
  for (const ratio of METAL) addPulse(out, 395 * ratio, 0.16, 0.5, random.next())
  mixInto(out, noise(out.length, random), 0.55)
  return strike(through(out, highpass(cutHz), highpass(cutHz * 0.7)), 0.0006, decayS)
}

export const hat = (random: Random, isOpen = false): Mono =>
  level(isOpen ? metal(0.32, 0.34, random, 7_000) : metal(0.07, 0.06, random, 7_500))

export const shaker = (random: Random): Mono =>
  level(
    through(
      shape(noise(framesOf(0.1), random), line([0, 0], [0.03, 1], [0.045, 0.5], [0.1, 0])),
      bandpass(6_800, 1.2),
      highpass(3_000),
    ),
  )

/** A cymbal struck hard. */
export function crash(random: Random, seconds = 2.2): Mono {
  const out = metal(seconds, seconds * 1.1, random, 3_200)
  mixInto(out, strike(through(noise(out.length, random), bandpass(900, 0.6)), 0.001, seconds * 0.5), 0.25)
  return level(out)
}

/** A cymbal rolled with soft sticks, from nothing to its end. */
export function cymbalSwell(random: Random, seconds: number): Mono {
  const out = through(noise(framesOf(seconds), random), highpass(2_500), lowpass(11_000))
  return level(shape(out, (at) => (at / seconds) ** 2.6 * Math.min(1, (seconds - at) / 0.03)))
}

/** A very large drum, struck with wood. */
export function taiko(random: Random, depthHz = 62): Mono {
  const out = thump(depthHz * 2.2, depthHz, 1.1, random, 0.25)
  addModes(out, depthHz, [
    [1.59, 0.35, 0.5],
    [2.14, 0.22, 0.35],
    [2.65, 0.15, 0.25],
  ])
  mixInto(out, through(burst(0.12, 0.0008, 0.1, random), bandpass(420, 0.8)), 0.6)
  return level(through(level(out), drive(1.5)))
}

const KETTLE: readonly Mode[] = [
  [1, 1, 1.9],
  [1.504, 0.6, 1.5],
  [1.98, 0.35, 1.1],
  [2.44, 0.2, 0.8],
  [2.9, 0.12, 0.6],
]

export function timpani(pitch: number, random: Random): Mono {
  const out = buffer(1.8)
  addModes(out, pitch, KETTLE)
  mixInto(out, through(burst(0.08, 0.001, 0.06, random), lowpass(600)), 0.9)
  return level(out)
}

/** A clock, seen from near. */
export function tick(random: Random, pitch = 2_350): Mono {
  const out = buffer(0.06)
  addModes(out, pitch, [
    [1, 1, 0.03],
    [1.74, 0.6, 0.022],
    [2.9, 0.4, 0.014],
  ])
  mixInto(out, through(burst(0.01, 0.0002, 0.006, random), highpass(3_000)), 0.5)
  return level(out)
}

export function woodblock(pitch: number, random: Random): Mono {
  const out = buffer(0.14)
  addModes(out, pitch, [
    [1, 1, 0.09],
    [1.52, 0.5, 0.06],
    [2.7, 0.25, 0.04],
  ])
  mixInto(out, through(burst(0.008, 0.0002, 0.006, random), bandpass(2_500, 0.8)), 0.4)
  return level(out)
}

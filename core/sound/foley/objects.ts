/** Small things of houses and works: china, metal, wood, water. */
import { glide, shape, strike, swell } from '../curve.ts'
import { bandpass, highpass, lowpass, through } from '../filters.ts'
import { addModes, addSine, type Mode } from '../oscillators.ts'
import { noise, type Random } from '../random.ts'
import { buffer, framesOf, level, type Mono, mixInto } from '../signal.ts'

const CHINA: readonly Mode[] = [
  [1, 1, 0.3],
  [2.32, 0.6, 0.2],
  [3.87, 0.4, 0.13],
  [5.6, 0.22, 0.08],
  [8.1, 0.12, 0.05],
]

/** A cup set down, a spoon against it. */
export function china(random: Random): Mono {
  const out = buffer(0.35)
  addModes(out, random.between(1_650, 2_900), CHINA)
  mixInto(out, strike(noise(framesOf(0.01), random), 0.0002, 0.006), 0.3)
  return level(out)
}

const PLATE: readonly Mode[] = [
  [1, 0.8, 0.9],
  [1.47, 0.7, 0.8],
  [2.09, 1, 0.7],
  [2.56, 0.6, 0.62],
  [3.39, 0.7, 0.5],
  [4.08, 0.55, 0.42],
  [5.21, 0.5, 0.33],
  [6.34, 0.4, 0.26],
  [7.93, 0.35, 0.2],
  [10.6, 0.25, 0.14],
  [13.9, 0.18, 0.09],
]

/** Iron struck by iron. */
export function clang(random: Random, pitch: number, seconds = 0.9): Mono {
  const out = buffer(seconds)
  addModes(out, pitch, PLATE)
  mixInto(out, through(strike(noise(framesOf(0.03), random), 0.0002, 0.02), highpass(1_500)), 0.9)
  return level(out)
}

/** Wood that gives a dull knock. */
export function knock(random: Random, pitch: number, decayS = 0.1): Mono {
  const out = buffer(decayS * 1.6)
  addModes(out, pitch, [
    [1, 1, decayS],
    [1.63, 0.7, decayS * 0.8],
    [2.41, 0.45, decayS * 0.6],
    [3.9, 0.3, decayS * 0.4],
    [6.1, 0.2, decayS * 0.25],
  ])
  mixInto(out, through(strike(noise(framesOf(0.03), random), 0.0004, 0.02), lowpass(2_200)), 0.5)
  return level(out)
}

/** A drop: a bubble that closes, its tone rising. */
export function drop(random: Random): Mono {
  const seconds = random.between(0.025, 0.06)
  const hz = random.between(900, 2_800)
  const out = buffer(seconds)
  addSine(out, glide([0, hz], [seconds, hz * random.between(1.3, 1.9)]))
  return strike(out, 0.001, seconds)
}

/** Paper or cloth. */
export function rustle(random: Random, seconds: number): Mono {
  const out = buffer(seconds)
  for (let i = 0; i < seconds * 90; i++) {
    const grain = strike(noise(framesOf(0.02), random), 0.001, random.between(0.006, 0.02))
    mixInto(out.subarray(framesOf(random.next() * (seconds - 0.02))), grain, random.between(0.1, 1))
  }
  return level(
    shape(through(out, bandpass(3_800, 0.6), highpass(900)), swell(seconds, seconds * 0.3, seconds * 0.4)),
  )
}

/** Steam or compressed air. */
export function steam(random: Random, seconds: number, hz = 5_200, attackS = 0.05): Mono {
  return level(
    shape(
      through(noise(framesOf(seconds), random), bandpass(hz, 0.7), highpass(1_200)),
      swell(seconds, attackS, seconds * 0.45),
    ),
  )
}

/** Somebody clears the throat, or coughs. */
export function cough(random: Random): Mono {
  const seconds = 0.26
  const out = shape(noise(framesOf(seconds), random), (at) => Math.exp(-at / 0.07) * Math.min(1, at / 0.008))
  const source = out.slice()
  through(out, bandpass(620, 2.5))
  mixInto(out, through(source.slice(), bandpass(1_350, 3)), 0.7)
  mixInto(out, through(source, bandpass(2_600, 2)), 0.35)
  return level(out)
}

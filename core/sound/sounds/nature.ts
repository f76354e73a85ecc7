/** Outdoors without people. All of it loops. */
import { type Curve, drift, hump, shape, strike } from '../curve.ts'
import { bandpass, highpass, lowpass, pinking, through } from '../filters.ts'
import { addBeds, type Band } from '../foley/bed.ts'
import { blackbird, cuckoo, tit, warbler } from '../foley/birds.ts'
import { drop, knock } from '../foley/objects.ts'
import { createMix } from '../mix.ts'
import { moments, noise, type Random } from '../random.ts'
import { ROOMS } from '../reverb.ts'
import { framesOf, level, type Mono, mixInto } from '../signal.ts'
import type { Family } from './recipe.ts'

const WOODS = { seconds: 1.2, size: 1.3, brightness: 0.5, preDelayS: 0.03 }

/** A wave that breaks: it swells with weight below, and runs out with foam above. Zero at both ends. */
function breaker(seconds: number, random: Random): Mono {
  const out = new Float32Array(framesOf(seconds))
  const crest = seconds * 0.36
  const layers: readonly (readonly [number, number, number, Curve])[] = [
    [140, 0.6, 1, hump(seconds, crest * 0.9, 1.1)],
    [520, 0.5, 0.9, hump(seconds, crest, 1.4)],
    [1_700, 0.5, 0.75, hump(seconds, crest * 1.15, 1.6)],
    [4_800, 0.5, 0.5, hump(seconds, crest * 1.5, 1.5)],
  ]
  for (const [hz, q, gain, envelope] of layers)
    mixInto(out, shape(level(through(noise(out.length, random), pinking(), bandpass(hz, q))), envelope), gain)
  // Foam: bubbles that burst on the sand.
  const bubbles = Array.from({ length: 24 }, () => drop(random))
  for (const at of moments(random, 260, seconds * 0.95, crest)) {
    const bubble = random.pick(bubbles)
    const fade = Math.sin((Math.PI * (at - crest)) / (seconds - crest))
    mixInto(out.subarray(framesOf(at)), bubble, 0.06 * fade * random.next())
  }
  return level(out)
}

export const natureAmbients: Family = {
  nature: {
    loops: true,
    make(seconds, random) {
      const mix = createMix(seconds, true, WOODS, 0.35)
      mix.add(warbler(random), { at: 0.25, pan: -0.6, gain: 0.3, room: 0.5 })
      mix.add(tit(random), { at: 1.5, pan: 0.7, gain: 0.2, room: 0.7 })
      mix.add(blackbird(random), { at: 2.35, pan: -0.15, gain: 0.32, room: 0.6 })
      mix.add(cuckoo(), { at: 3.6, pan: 0.4, gain: 0.1, room: 1 })
      mix.add(warbler(random), { at: 4.15, pan: 0.55, gain: 0.2, room: 0.6 })
      mix.add(tit(random), { at: 4.95, pan: -0.8, gain: 0.13, room: 0.9 })
      mix.add(blackbird(random), { at: 5.3, pan: 0.2, gain: 0.12, room: 1 })
      const canvas = mix.finish()
      const gusts = drift(0.35, 1, seconds, random, 3)
      addBeds(
        canvas,
        [
          // Leaves, the air in the crowns, the weight of the wind.
          {
            tone: [() => bandpass(3_600, 0.5), () => highpass(1_200)],
            gain: 0.055,
            course: (at) => gusts(at) ** 1.6,
          },
          { tone: [pinking, () => bandpass(700, 0.6)], gain: 0.14, course: gusts },
          { tone: [pinking, () => lowpass(190), () => highpass(50)], gain: 0.06, course: gusts },
        ],
        random,
      )
      return canvas
    },
  },
  nature_rain: {
    loops: true,
    make(seconds, random) {
      const mix = createMix(seconds, true, ROOMS.street, 0.15)
      const drops = Array.from({ length: 40 }, () => drop(random))
      const splashes = Array.from({ length: 24 }, () =>
        level(
          through(
            strike(noise(framesOf(0.02), random), 0.0004, random.between(0.006, 0.018)),
            bandpass(random.between(1_800, 7_500), 1.4),
          ),
        ),
      )
      for (const at of moments(random, 620, seconds)) {
        const nearness = random.next() ** 4
        const isSplash = random.next() < 0.8
        mix.add(random.pick(isSplash ? splashes : drops), {
          at,
          pan: random.between(-1, 1),
          gain: (isSplash ? 0.05 : 0.03) + nearness * (isSplash ? 0.32 : 0.16),
          room: 0.2,
        })
      }
      // Water that has gathered falls from a leaf, near by, onto something hollow.
      for (const at of moments(random, 5, seconds)) {
        const plop = level(through(drop(random), lowpass(1_600)))
        const pan = random.between(-0.7, 0.7)
        const gain = random.between(0.12, 0.3)
        mix.add(plop, { at, pan, gain, room: 0.4 })
        mix.add(knock(random, random.between(280, 620), 0.05), { at, pan, gain: gain * 0.6, room: 0.4 })
      }
      const canvas = mix.finish()
      const heavier = drift(0.75, 1, seconds, random, 3)
      addBeds(
        canvas,
        [
          {
            tone: [() => bandpass(5_200, 0.4), () => highpass(1_500), () => lowpass(9_500)],
            gain: 0.2,
            course: heavier,
          },
          { tone: [pinking, () => bandpass(1_300, 0.5)], gain: 0.13, course: heavier },
          { tone: [pinking, () => lowpass(260), () => highpass(45)], gain: 0.07 },
        ],
        random,
      )
      return canvas
    },
  },
  ocean: {
    loops: true,
    make(seconds, random) {
      const mix = createMix(seconds, true, ROOMS.street, 0.1)
      for (const [at, length, gain, pan] of [
        [0.1, 3.9, 1, -0.25],
        [2.9, 3.5, 0.8, 0.3],
        [1.6, 2.8, 0.3, 0.75],
        [4.4, 2.9, 0.26, -0.8],
      ] as const) {
        // Two sides of one wave.
        mix.add(
          { left: breaker(length, random), right: breaker(length, random) },
          { at, gain, pan, room: 0.2 },
        )
      }
      const canvas = mix.finish()
      const bands: Band[] = [
        { tone: [pinking, () => bandpass(900, 0.4)], gain: 0.09, course: drift(0.6, 1, seconds, random, 3) },
        {
          tone: [pinking, () => lowpass(150), () => highpass(35)],
          gain: 0.12,
          course: drift(0.6, 1, seconds, random, 2),
        },
        { tone: [() => bandpass(5_500, 0.5)], gain: 0.02 },
      ]
      addBeds(canvas, bands, random)
      return canvas
    },
  },
}

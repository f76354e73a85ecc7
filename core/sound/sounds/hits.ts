/** Things that strike: hits, bangs, booms. */
import { glide, line, shape, strike } from '../curve.ts'
import { bandpass, drive, highpass, lowpass, through } from '../filters.ts'
import { clang } from '../foley/objects.ts'
import { thump } from '../instruments/drums.ts'
import { createMix } from '../mix.ts'
import { addSine } from '../oscillators.ts'
import { moments, noise, type Random } from '../random.ts'
import { ROOMS } from '../reverb.ts'
import { buffer, type Canvas, framesOf, level, type Mono, mixInto } from '../signal.ts'
import type { Family } from './recipe.ts'

const crack = (seconds: number, decayS: number, hz: number, random: Random): Mono =>
  level(through(strike(noise(framesOf(seconds), random), 0.0003, decayS), bandpass(hz, 0.6)))

/** Nothing may be cut off that still rings: the last part falls to silence. */
function ringOut(canvas: Canvas, fromS: number, seconds: number): Canvas {
  for (const side of [canvas.left, canvas.right]) shape(side, line([fromS, 1], [seconds - 0.003, 0]))
  return canvas
}

export const hitSfx: Family = {
  impact: {
    loops: false,
    make(seconds, random) {
      const mix = createMix(seconds, false, ROOMS.closet, 0.3)
      const body = thump(230, 58, 0.26, random, 0.5)
      mixInto(body, crack(0.12, 0.09, 1_500, random), 0.55)
      mixInto(body, crack(0.2, 0.16, 320, random), 0.6)
      mix.add(through(level(body), drive(2.4)), { room: 0.35 })
      return ringOut(mix.finish(), seconds * 0.5, seconds)
    },
  },
  impact_metal: {
    loops: false,
    make(seconds, random) {
      const mix = createMix(seconds, false, ROOMS.chamber, 0.3)
      mix.add(clang(random, 455, seconds), { pan: -0.25, room: 0.3 })
      mix.add(clang(random, 689, seconds), { pan: 0.3, gain: 0.6, room: 0.3 })
      mix.add(thump(210, 95, 0.14, random), { gain: 0.6 })
      return ringOut(mix.finish(), seconds * 0.45, seconds)
    },
  },
  confetti: {
    loops: false,
    make(seconds, random) {
      const mix = createMix(seconds, false, ROOMS.chamber, 0.25)
      const bang = thump(420, 120, 0.1, random, 0.8)
      mixInto(bang, crack(0.09, 0.05, 2_600, random), 0.9)
      mix.add(through(level(bang), drive(2)), { at: 0.004, room: 0.5 })
      // Paper: hundreds of small flutters that thin out as it falls.
      for (const at of moments(random, 420, seconds - 0.04, 0.03)) {
        const grain = strike(noise(framesOf(0.018), random), 0.001, random.between(0.004, 0.018))
        const fall = Math.exp(-at / 0.22)
        mix.add(through(grain, bandpass(random.between(2_800, 8_500), 1.6)), {
          at,
          pan: random.between(-0.95, 0.95),
          gain: fall * random.between(0.15, 0.6),
          room: 0.2,
        })
      }
      return ringOut(mix.finish(), seconds * 0.6, seconds)
    },
  },
}

export const hitTransitions: Family = {
  boom: {
    loops: false,
    make(seconds, random) {
      const mix = createMix(seconds, false, ROOMS.stage, 0.25)
      const body = buffer(seconds)
      addSine(body, glide([0, 150], [0.06, 62], [0.25, 41], [seconds, 33]))
      strike(body, 0.002, 1.05)
      mixInto(body, through(strike(noise(framesOf(0.5), random), 0.001, 0.4), lowpass(260)), 1.2)
      mix.add(through(level(body), drive(2.2)), { room: 0.15 })
      mix.add(crack(0.2, 0.12, 900, random), { gain: 0.3, room: 0.5 })
      mix.add(
        through(strike(noise(framesOf(0.6), random), 0.002, 0.6), bandpass(1_800, 0.5), highpass(300)),
        { gain: 0.08, room: 0.6 },
      )
      return ringOut(mix.finish(), seconds * 0.55, seconds)
    },
  },
}

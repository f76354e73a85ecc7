/** Whooshes and sweeps. */
import { glide, hump, line, shape } from '../curve.ts'
import { drive, through } from '../filters.ts'
import { gust } from '../foley/air.ts'
import { pad } from '../instruments/ensemble.ts'
import { createMix } from '../mix.ts'
import { addSine } from '../oscillators.ts'
import { chord } from '../pitch.ts'
import { ROOMS } from '../reverb.ts'
import { buffer, level } from '../signal.ts'
import type { Family } from './recipe.ts'

export const airSfx: Family = {
  whoosh: {
    loops: false,
    make(seconds, random) {
      const mix = createMix(seconds, false, ROOMS.chamber, 0.2)
      const peak = seconds * 0.42
      const pan = line([0, -0.8], [seconds, 0.8])
      mix.add(
        gust(
          seconds,
          {
            hz: glide([0, 500], [peak, 3_600], [seconds, 800]),
            q: 0.9,
            envelope: hump(seconds, peak, 1.3),
            pan,
          },
          random,
        ),
        { room: 0.4 },
      )
      mix.add(
        gust(
          seconds,
          {
            hz: glide([0, 2_000], [peak, 8_500], [seconds, 2_500]),
            q: 0.8,
            envelope: hump(seconds, peak, 2),
            pan,
          },
          random,
        ),
        { gain: 0.5, room: 0.3 },
      )
      return mix.finish()
    },
  },
  whoosh_heavy: {
    loops: false,
    make(seconds, random) {
      const mix = createMix(seconds, false, ROOMS.chamber, 0.25)
      const peak = seconds * 0.45
      const pan = line([0, -0.7], [seconds, 0.7])
      const low = gust(
        seconds,
        { hz: glide([0, 110], [peak, 950], [seconds, 140]), q: 0.9, envelope: hump(seconds, peak, 1.2), pan },
        random,
      )
      for (const side of [low.left, low.right]) through(level(side), drive(2))
      mix.add(low, { gain: 0.9, room: 0.3 })
      mix.add(
        gust(
          seconds,
          {
            hz: glide([0, 900], [peak, 4_200], [seconds, 700]),
            q: 0.7,
            envelope: hump(seconds, peak, 2.2),
            pan,
          },
          random,
        ),
        { gain: 0.45, room: 0.3 },
      )
      const weight = buffer(seconds)
      addSine(weight, glide([0, 48], [peak, 78], [seconds, 40]))
      mix.add(shape(weight, hump(seconds, peak, 1.6)), { gain: 0.3 })
      return mix.finish()
    },
  },
}

export const airTransitions: Family = {
  swoosh: {
    loops: false,
    make(seconds, random) {
      const mix = createMix(seconds, false, ROOMS.chamber, 0.25)
      const peak = seconds * 0.55
      const pan = line([0, -0.9], [seconds, 0.9])
      const hz = glide([0, 350], [peak, 5_200], [seconds, 7_500])
      mix.add(gust(seconds, { hz, q: 2.6, envelope: hump(seconds, peak, 1.4), pan }, random), { room: 0.5 })
      mix.add(
        gust(seconds, { hz: (at) => hz(at) * 0.5, q: 1, envelope: hump(seconds, peak, 1.8), pan }, random),
        { gain: 0.6, room: 0.3 },
      )
      return mix.finish()
    },
  },
  fade: {
    loops: false,
    target: { lufs: -20 },
    make(seconds, random) {
      const mix = createMix(seconds, false, ROOMS.hall, 0.35)
      const envelope = hump(seconds, seconds * 0.55, 1)
      const ground = pad(chord('G3 C4 D4 G4 C5'), seconds, random, {
        cutoff: glide([0, 400], [seconds * 0.55, 2_600], [seconds, 500]),
        attackS: 0.05,
        releaseS: 0.05,
      })
      for (const side of [ground.left, ground.right]) shape(side, envelope)
      mix.add(ground, { gain: 0.6, room: 0.5 })
      mix.add(
        gust(
          seconds,
          {
            hz: glide([0, 1_200], [seconds * 0.55, 5_500], [seconds, 1_500]),
            q: 0.7,
            envelope: hump(seconds, seconds * 0.55, 1.4),
          },
          random,
        ),
        { gain: 0.2, room: 0.4 },
      )
      const canvas = mix.finish()
      const end = line([seconds - 0.2, 1], [seconds - 0.005, 0])
      for (const side of [canvas.left, canvas.right]) shape(side, end)
      return canvas
    },
  },
}

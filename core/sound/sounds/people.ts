/** People, short: hands, feet. */
import { line, shape } from '../curve.ts'
import { audience } from '../foley/hands.ts'
import { step } from '../foley/steps.ts'
import { createMix } from '../mix.ts'
import type { Random } from '../random.ts'
import { ROOMS } from '../reverb.ts'
import type { Canvas } from '../signal.ts'
import type { Family } from './recipe.ts'

function walk(seconds: number, everyS: number, weight: number, random: Random): Canvas {
  const mix = createMix(seconds, false, ROOMS.chamber, 0.22)
  let isLeft = true
  for (let at = 0.03; at < seconds - 0.2; at += everyS * random.between(0.97, 1.03)) {
    mix.add(step(random, { weight, rollS: everyS * 0.17 }), {
      at,
      gain: random.between(0.82, 1),
      pan: isLeft ? -0.18 : 0.18,
      room: 0.35,
    })
    isLeft = !isLeft
  }
  return mix.finish()
}

function clapping(seconds: number, people: number, riseS: number, fallS: number, random: Random): Canvas {
  const mix = createMix(seconds, false, ROOMS.stage, 0.3)
  const loudness = line([0, 0.15], [riseS, 1], [seconds - fallS, 0.9], [seconds - 0.05, 0.02])
  audience(mix, { people, seconds: seconds - 0.08, loudness }, random)
  const canvas = mix.finish()
  for (const side of [canvas.left, canvas.right]) shape(side, line([seconds - 0.3, 1], [seconds, 0]))
  return canvas
}

export const peopleSfx: Family = {
  applause: { loops: false, make: (seconds, random) => clapping(seconds, 70, 0.5, 1.1, random) },
  applause_short: { loops: false, make: (seconds, random) => clapping(seconds, 26, 0.15, 0.5, random) },
  footsteps: { loops: false, make: (seconds, random) => walk(seconds, 0.5, 0.6, random) },
  footsteps_running: { loops: false, make: (seconds, random) => walk(seconds, 0.27, 1, random) },
}

/** A door that opens and one that shuts. */
import { glide, hump, line, shape, strike } from '../curve.ts'
import { bandpass, drive, highpass, lowpass, through } from '../filters.ts'
import { clang, knock } from '../foley/objects.ts'
import { thump } from '../instruments/drums.ts'
import { createMix } from '../mix.ts'
import { noise, type Random } from '../random.ts'
import { ROOMS } from '../reverb.ts'
import { buffer, framesOf, level, type Mono, mixInto, RATE } from '../signal.ts'
import type { Family } from './recipe.ts'

const latch = (random: Random, pitch: number): Mono => {
  const out = buffer(0.08)
  mixInto(out, clang(random, pitch, 0.08), 0.7)
  return level(strike(out, 0.0003, 0.06))
}

/** A hinge that sticks and slips: small knocks, faster or slower as the door moves, heard through its wood. */
function creak(seconds: number, random: Random): Mono {
  const rate = glide([0, 70], [seconds * 0.3, 165], [seconds * 0.6, 118], [seconds, 205])
  const source = buffer(seconds)
  for (let at = 0; at < seconds - 0.01; ) {
    const slip = random.between(0.5, 1)
    const from = Math.round(at * RATE)
    for (let i = 0; i < 40; i++) source[from + i]! += slip * Math.exp(-i / 9) * (random.next() * 0.6 + 0.4)
    at += random.between(0.82, 1.2) / rate(at)
  }
  const out = buffer(seconds)
  for (const [hz, q, gain] of [
    [430, 9, 1],
    [910, 12, 1.1],
    [1_480, 14, 1],
    [2_350, 12, 0.7],
    [3_700, 9, 0.35],
  ] as const)
    mixInto(out, through(source.slice(), bandpass(hz, q)), gain)
  return level(shape(out, hump(seconds, seconds * 0.55, 0.45)))
}

export const doorSfx: Family = {
  door_open: {
    loops: false,
    make(seconds, random) {
      const mix = createMix(seconds, false, ROOMS.chamber, 0.25)
      mix.add(latch(random, 1_250), { at: 0.008, gain: 0.6, room: 0.3 })
      mix.add(latch(random, 980), { at: 0.062, gain: 0.45, room: 0.3 })
      mix.add(knock(random, 150, 0.09), { at: 0.06, gain: 0.4, room: 0.3 })
      mix.add(creak(0.5, random), { at: 0.13, gain: 0.75, pan: -0.15, room: 0.5 })
      const canvas = mix.finish()
      for (const side of [canvas.left, canvas.right])
        shape(side, line([seconds - 0.12, 1], [seconds - 0.003, 0]))
      return canvas
    },
  },
  door_close: {
    loops: false,
    make(seconds, random) {
      const mix = createMix(seconds, false, ROOMS.chamber, 0.3)
      const draught = shape(noise(framesOf(0.12), random), hump(0.12, 0.1, 1))
      mix.add(through(draught, bandpass(420, 0.8)), { gain: 0.5 })
      const slam = thump(150, 62, 0.26, random, 0.4)
      mixInto(slam, knock(random, 178, 0.16), 0.8)
      mixInto(
        slam,
        level(through(strike(noise(framesOf(0.16), random), 0.0005, 0.11), lowpass(1_500), highpass(90))),
        0.7,
      )
      mix.add(through(level(slam), drive(1.8)), { at: 0.11, room: 0.5 })
      mix.add(latch(random, 1_050), { at: 0.128, gain: 0.35, room: 0.3 })
      mix.add(latch(random, 1_390), { at: 0.19, gain: 0.22, room: 0.3 })
      const canvas = mix.finish()
      for (const side of [canvas.left, canvas.right])
        shape(side, line([seconds - 0.25, 1], [seconds - 0.003, 0]))
      return canvas
    },
  },
}

/** Small sounds of screens. */
import { glide, line, shape, strike } from '../curve.ts'
import { bandpass, through } from '../filters.ts'
import { keystroke, strokes } from '../foley/keyboard.ts'
import { celesta } from '../instruments/mallets.ts'
import { createMix } from '../mix.ts'
import { addModes, addSine } from '../oscillators.ts'
import { hz } from '../pitch.ts'
import { noise, type Random } from '../random.ts'
import { ROOMS } from '../reverb.ts'
import { buffer, framesOf, level, type Mono, mixInto } from '../signal.ts'
import type { Family } from './recipe.ts'

function tap(random: Random, pitch: number): Mono {
  const out = buffer(0.09)
  addModes(out, pitch, [
    [1, 0.7, 0.05],
    [2.9, 0.5, 0.022],
    [5.3, 0.3, 0.012],
  ])
  mixInto(out, through(strike(noise(framesOf(0.012), random), 0.0002, 0.007), bandpass(3_000, 0.8)), 0.6)
  return level(out)
}

export const interfaceSfx: Family = {
  click: {
    loops: false,
    target: { peakDbtp: -6 },
    make(seconds, random) {
      const mix = createMix(seconds, false, ROOMS.closet, 0.25)
      mix.add(tap(random, 640), { at: 0.004, room: 0.2 })
      mix.add(tap(random, 860), { at: 0.085, gain: 0.42, room: 0.2 })
      return mix.finish()
    },
  },
  pop: {
    loops: false,
    target: { peakDbtp: -4 },
    make(seconds, random) {
      const mix = createMix(seconds, false, ROOMS.closet, 0.2)
      const bubble = buffer(0.16)
      addSine(bubble, glide([0, 260], [0.05, 980], [0.16, 1_250]))
      mix.add(strike(bubble, 0.0015, 0.13), { at: 0.003, room: 0.2 })
      const lips = through(strike(noise(framesOf(0.02), random), 0.0003, 0.012), bandpass(1_700, 0.9))
      mix.add(level(lips), { at: 0.002, gain: 0.35 })
      return mix.finish()
    },
  },
  typing: {
    loops: false,
    make(seconds, random) {
      const mix = createMix(seconds, false, ROOMS.closet, 0.25)
      for (const { at, isWide } of strokes(random, 9, seconds - 0.2)) {
        mix.add(keystroke(random, { isWide }), {
          at,
          gain: random.between(0.6, 1),
          pan: isWide ? 0 : random.between(-0.45, 0.45),
          room: 0.25,
        })
      }
      return mix.finish()
    },
  },
  notification: {
    loops: false,
    target: { lufs: -18, peakDbtp: -4 },
    make(seconds, random) {
      const mix = createMix(seconds, false, ROOMS.chamber, 0.22)
      mix.add(celesta(hz('E6'), random, seconds), { pan: -0.2, gain: 0.8, room: 0.3 })
      mix.add(celesta(hz('B6'), random, seconds - 0.085), { at: 0.085, pan: 0.2, room: 0.3 })
      const canvas = mix.finish()
      for (const side of [canvas.left, canvas.right]) shape(side, line([0.16, 1], [seconds - 0.003, 0]))
      return canvas
    },
  },
}

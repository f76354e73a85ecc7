/** Transitions that are made rather than found: tears, reversals, climbs. */
import { glide, line, type Point, shape, soften } from '../curve.ts'
import { bandpass, drive, sweep, through } from '../filters.ts'
import { crash } from '../instruments/drums.ts'
import { piano } from '../instruments/keys.ts'
import { createMix } from '../mix.ts'
import { addPulse, addSaw } from '../oscillators.ts'
import { chord } from '../pitch.ts'
import { noise, type Random } from '../random.ts'
import { ROOMS } from '../reverb.ts'
import { buffer, type Canvas, framesOf, level, type Mono, mixInto } from '../signal.ts'
import type { Family } from './recipe.ts'

/** Holds every `hold`-th sample and keeps few steps of level: a broken stream. */
function crush(sound: Mono, hold: number, steps: number): Mono {
  for (let i = 0; i < sound.length; i++) {
    sound[i] = i % hold === 0 ? Math.round(sound[i]! * steps) / steps : sound[i - 1]!
  }
  return sound
}

function fragment(seconds: number, random: Random): Mono {
  const out = buffer(seconds)
  const kind = random.next()
  const hz = random.pick([110, 220, 277, 440, 1_320, 2_640])
  if (kind < 0.4) addPulse(out, glide([0, hz], [seconds, hz * random.pick([0.5, 1, 2])]), 0.8, 0.25)
  else if (kind < 0.7) for (const ratio of [1, 1.26, 1.5]) addSaw(out, hz * ratio, 0.4)
  else mixInto(out, through(noise(out.length, random), bandpass(random.between(700, 5_000), 1.5)), 1)
  return soften(crush(level(out), random.pick([3, 6, 11, 19]), random.pick([4, 8, 24])), 0.0006, 0.0012)
}

function reversed(canvas: Canvas): Canvas {
  canvas.left.reverse()
  canvas.right.reverse()
  return canvas
}

export const motionTransitions: Family = {
  glitch: {
    loops: false,
    make(seconds, random) {
      const mix = createMix(seconds, false, ROOMS.closet, 0.15)
      for (let at = 0.004; at < seconds - 0.05; ) {
        const length = random.pick([0.012, 0.018, 0.027, 0.04])
        const piece = fragment(length, random)
        const repeats = random.pick([1, 2, 2, 3, 4])
        const pan = random.between(-0.9, 0.9)
        for (let i = 0; i < repeats && at < seconds - 0.03; i++) {
          mix.add(piece, { at, pan: i % 2 === 0 ? pan : -pan, gain: random.between(0.6, 1), room: 0.15 })
          at += length
        }
        if (random.next() < 0.4) at += random.between(0.008, 0.025)
      }
      return mix.finish()
    },
  },
  reverse: {
    loops: false,
    make(seconds, random) {
      const mix = createMix(seconds, false, ROOMS.hall, 0.5)
      mix.add(crash(random, seconds), { gain: 0.55, room: 0.3 })
      for (const pitch of chord('A2 E3 A3 C4 E4'))
        mix.add(piano(pitch, seconds, random, 0.8), { gain: 0.35, room: 0.6 })
      const canvas = mix.finish()
      const decay = (at: number): number =>
        Math.exp(-at / (seconds * 0.3)) * Math.min(1, (seconds - at) / 0.1)
      for (const side of [canvas.left, canvas.right]) soften(shape(side, decay), 0.02, 0)
      return reversed(canvas)
    },
  },
  rise: {
    loops: false,
    make(seconds, random) {
      const mix = createMix(seconds, false, ROOMS.stage, 0.25)
      const climb: Point[] = [
        [0, 1],
        [seconds, 4],
      ]
      const rise = (at: number): number => (at / seconds) ** 1.6
      const side = (detune: number): Mono => {
        const tone = buffer(seconds)
        for (const ratio of [1, 1.5, 2.003])
          addSaw(tone, (at) => glide(...climb)(at) * 110 * ratio * detune, 0.5, random.next())
        return level(through(tone, sweep('low', glide([0, 350], [seconds, 9_000]), 1.6), drive(1.4)))
      }
      // A pulse that gets faster, as the ground it covers gets smaller.
      const pulse = (at: number): number => 0.75 + 0.25 * Math.sin(2 * Math.PI * (4 * at + 6 * at * at))
      mix.add(
        {
          left: shape(side(0.996), (at) => rise(at) * pulse(at)),
          right: shape(side(1.004), (at) => rise(at) * pulse(at)),
        },
        { gain: 0.7, room: 0.4 },
      )
      for (const pan of [-0.8, 0.8]) {
        const air = through(
          noise(framesOf(seconds), random),
          sweep('band', glide([0, 600], [seconds, 9_500]), 1.2),
        )
        mix.add(
          shape(level(air), (at) => rise(at) ** 1.3),
          { gain: 0.5, pan, room: 0.3 },
        )
      }
      const canvas = mix.finish()
      for (const channel of [canvas.left, canvas.right])
        shape(channel, line([0, 1], [seconds - 0.045, 1], [seconds - 0.003, 0]))
      return canvas
    },
  },
}

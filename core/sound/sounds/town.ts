/** Streets and rooms where people work. All of them loop. */
import { drift, shape, swell, wave } from '../curve.ts'
import { around, bandpass, highpass, lowpass, pinking, through } from '../filters.ts'
import { addBeds } from '../foley/bed.ts'
import { cricket } from '../foley/birds.ts'
import { keystroke } from '../foley/keyboard.ts'
import { clang, knock, rustle, steam } from '../foley/objects.ts'
import { step } from '../foley/steps.ts'
import { horn, passBy } from '../foley/traffic.ts'
import { thump } from '../instruments/drums.ts'
import { celesta } from '../instruments/mallets.ts'
import { createMix } from '../mix.ts'
import { addSaw, addSine } from '../oscillators.ts'
import { hz } from '../pitch.ts'
import type { Random } from '../random.ts'
import { ROOMS } from '../reverb.ts'
import { buffer, level, type Mono } from '../signal.ts'
import { behindTheWall, page } from './crowds.ts'
import type { Family } from './recipe.ts'

/** A frequency that has a whole number of turns in `seconds`, so that its tone closes. */
const closing = (near: number, seconds: number): number => Math.round(near * seconds) / seconds

/** Mains and motors: a tone with its overtones, closed on the loop. */
function hum(seconds: number, near: number, gains: readonly number[]): Mono {
  const out = buffer(seconds)
  gains.forEach((gain, i) => {
    addSine(out, closing(near * (i + 1), seconds), gain, i * 0.21)
  })
  return level(out)
}

/** A siren far away, its tone going up and down. */
function siren(seconds: number): Mono {
  const out = buffer(seconds)
  addSaw(out, (at) => 700 + 180 * Math.sin(2 * Math.PI * 0.45 * at), 1)
  return level(
    shape(through(out, bandpass(760, 2.5), lowpass(1_100)), swell(seconds, seconds * 0.45, seconds * 0.45)),
  )
}

function machine(seconds: number, near: number, random: Random): Mono {
  const out = buffer(seconds)
  const turn = closing(near, seconds)
  addSaw(out, turn, 0.7, random.next())
  addSaw(out, closing(near * 1.5, seconds), 0.4, random.next())
  addSaw(out, closing(near * 4.02, seconds), 0.12, random.next())
  return level(around(out, 0.2, lowpass(900), lowpass(1_600)))
}

export const townAmbients: Family = {
  city: {
    loops: true,
    make(seconds, random) {
      const mix = createMix(seconds, true, ROOMS.street, 0.25)
      for (const [at, length, nearness, from, gain] of [
        [0.2, 2.6, 0.9, -1, 0.5],
        [1.7, 3.1, 0.5, 1, 0.42],
        [3.1, 2.4, 1, 1, 0.46],
        [4.0, 3.4, 0.3, -1, 0.36],
      ] as const)
        mix.add(passBy(length, nearness, from, random), { at, gain, room: 0.3 })
      mix.add(horn(0.22, 440), { at: 1.35, pan: 0.6, gain: 0.07, room: 0.9 })
      mix.add(horn(0.4, 349), { at: 3.72, pan: -0.7, gain: 0.06, room: 0.9 })
      for (let i = 0; i < 5; i++)
        mix.add(step(random), { at: 2 + i * 0.52, pan: 0.25 - i * 0.14, gain: 0.07, room: 0.3 })
      behindTheWall(mix, seconds, random)
      const canvas = mix.finish()
      addBeds(
        canvas,
        [
          {
            tone: [pinking, () => lowpass(160), () => highpass(35)],
            gain: 0.2,
            course: drift(0.7, 1, seconds, random),
          },
          {
            tone: [pinking, () => bandpass(600, 0.5)],
            gain: 0.08,
            course: drift(0.6, 1, seconds, random, 5),
          },
          {
            tone: [pinking, () => bandpass(2_400, 0.6)],
            gain: 0.02,
            course: drift(0.5, 1, seconds, random, 6),
          },
        ],
        random,
      )
      return canvas
    },
  },
  city_night: {
    loops: true,
    make(seconds, random) {
      const mix = createMix(seconds, true, ROOMS.street, 0.35)
      mix.add(passBy(4.2, 0.55, -1, random), { at: 0.4, gain: 0.5, room: 0.5 })
      mix.add(passBy(3.6, 0.15, 1, random), { at: 3.1, gain: 0.22, room: 0.6 })
      mix.add(siren(3.2), { at: 1.5, pan: -0.75, gain: 0.035, room: 1 })
      const [one, other] = [cricket(random), cricket(random)]
      for (let i = 0; i < 10; i++) mix.add(one, { at: i * (seconds / 10), pan: 0.7, gain: 0.035, room: 0.2 })
      for (let i = 0; i < 8; i++)
        mix.add(other, { at: 0.2 + i * (seconds / 8), pan: -0.5, gain: 0.016, room: 0.4 })
      mix.add(hum(seconds, 100, [1, 0.6, 0.2, 0.3, 0, 0.12]), { pan: 0.35, gain: 0.012 })
      const canvas = mix.finish()
      addBeds(
        canvas,
        [
          {
            tone: [pinking, () => lowpass(130), () => highpass(32)],
            gain: 0.2,
            course: drift(0.6, 1, seconds, random, 3),
          },
          { tone: [pinking, () => bandpass(420, 0.6)], gain: 0.06, course: drift(0.6, 1, seconds, random) },
          { tone: [() => bandpass(3_200, 0.5)], gain: 0.006 },
        ],
        random,
      )
      return canvas
    },
  },
  office: {
    loops: true,
    make(seconds, random) {
      const mix = createMix(seconds, true, ROOMS.chamber, 0.3)
      for (const [pan, gain, from, strokes] of [
        [-0.6, 0.17, 0.3, 14],
        [0.55, 0.1, 2.6, 17],
        [0.1, 0.06, 4.4, 9],
      ] as const) {
        let at = from
        for (let i = 0; i < strokes; i++) {
          const isWide = i % 6 === 5
          mix.add(keystroke(random, { isWide }), { at, pan, gain: gain * random.between(0.6, 1), room: 0.4 })
          at += random.between(0.09, 0.19) + (isWide ? 0.08 : 0)
        }
      }
      behindTheWall(mix, seconds, random)
      behindTheWall(mix, seconds, random)
      // A telephone two rooms away.
      for (const at of [3.0, 3.09, 3.18, 3.27, 3.36, 3.45])
        mix.add(through(celesta(hz((at * 100) % 2 < 1 ? 'A5' : 'F#5'), random, 0.3), lowpass(1_800)), {
          at,
          pan: 0.75,
          gain: 0.04,
          room: 0.7,
        })
      mix.add(page(random), { at: 1.9, pan: -0.3, gain: 0.1, room: 0.3 })
      mix.add(knock(random, 190, 0.07), { at: 5.1, pan: 0.4, gain: 0.09, room: 0.5 })
      mix.add(rustle(random, 0.5), { at: 5.2, pan: 0.4, gain: 0.05, room: 0.3 })
      mix.add(hum(seconds, 120, [1, 0.35, 0.12, 0.16]), { gain: 0.014 })
      const canvas = mix.finish()
      addBeds(
        canvas,
        [
          // The air that comes from the ceiling.
          {
            tone: [pinking, () => lowpass(420), () => highpass(55)],
            gain: 0.12,
            course: wave(0.92, 1, 2, seconds),
          },
          { tone: [pinking, () => bandpass(1_900, 0.5)], gain: 0.03 },
        ],
        random,
      )
      return canvas
    },
  },
  factory: {
    loops: true,
    make(seconds, random) {
      const mix = createMix(seconds, true, ROOMS.works, 0.3)
      mix.add(machine(seconds, 49, random), { gain: 0.2, pan: -0.3, room: 0.3 })
      mix.add(shape(machine(seconds, 73, random), wave(0.6, 1, 13, seconds)), {
        gain: 0.12,
        pan: 0.45,
        room: 0.3,
      })
      // The press: it falls, lets off air, and a piece drops into the tray.
      const beat = seconds / 5
      for (let i = 0; i < 5; i++) {
        const at = 0.1 + i * beat
        mix.add(thump(150, 48, 0.35, random, 0.5), { at, gain: 0.55, pan: -0.2, room: 0.5 })
        mix.add(clang(random, 230, 0.8), { at: at + 0.012, gain: 0.22, pan: -0.2, room: 0.6 })
        mix.add(steam(random, 0.35), { at: at + 0.3, gain: 0.13, pan: -0.25, room: 0.4 })
        mix.add(clang(random, random.between(900, 1_300), 0.4), {
          at: at + 0.72,
          gain: 0.07,
          pan: 0.2,
          room: 0.7,
        })
      }
      // Rollers of the belt.
      const rollers = 48
      for (let i = 0; i < rollers; i++)
        mix.add(knock(random, 320, 0.05), {
          at: (i * seconds) / rollers + random.between(0, 0.008),
          pan: 0.65,
          gain: i % 4 === 0 ? 0.1 : 0.055,
          room: 0.4,
        })
      mix.add(clang(random, 610, 1), { at: 2.05, pan: 0.8, gain: 0.08, room: 1 })
      mix.add(clang(random, 480, 1), { at: 4.9, pan: -0.85, gain: 0.06, room: 1 })
      const canvas = mix.finish()
      addBeds(
        canvas,
        [
          { tone: [pinking, () => lowpass(220), () => highpass(35)], gain: 0.12 },
          { tone: [pinking, () => bandpass(1_100, 0.5)], gain: 0.06, course: wave(0.7, 1, 31, seconds) },
          { tone: [() => bandpass(5_000, 0.6)], gain: 0.012 },
        ],
        random,
      )
      return canvas
    },
  },
}

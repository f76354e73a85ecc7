/** Places that are full of people. All of them loop. */
import { drift, glide, hump, shape } from '../curve.ts'
import { bandpass, highpass, lowpass, pinking, through } from '../filters.ts'
import { addBeds, type Band } from '../foley/bed.ts'
import { audience } from '../foley/hands.ts'
import { china, cough, knock, rustle, steam } from '../foley/objects.ts'
import { someone, talk } from '../foley/speech.ts'
import { choir } from '../instruments/ensemble.ts'
import { createMix, type Mix } from '../mix.ts'
import { addSine } from '../oscillators.ts'
import { noise, type Random } from '../random.ts'
import { ROOMS } from '../reverb.ts'
import { buffer, framesOf, level, type Mono } from '../signal.ts'
import type { Family } from './recipe.ts'

type Murmur = {
  people: number
  seconds: number
  excitement?: number
  gain?: number
  room: number
  distance?: number
}

/** Conversations all around: each person talks and listens in turn. */
function murmur(
  mix: Mix,
  { people, seconds, excitement = 0, gain = 1, room, distance = 0.5 }: Murmur,
  random: Random,
): void {
  for (let i = 0; i < people; i++) {
    const speaker = someone(random, excitement)
    const away = Math.min(1, distance + random.between(-0.25, 0.35))
    const pan = random.between(-0.9, 0.9)
    const mouth = gain * (0.35 + 0.65 * (1 - away))
    for (let at = random.between(0, seconds); ; ) {
      const length = random.between(0.7, 1.9)
      const voice = through(talk(length, speaker, random), highpass(110), lowpass(5_500 - 3_600 * away))
      mix.add(level(voice), { at, pan, gain: mouth * random.between(0.6, 1), room: room * (0.5 + away) })
      at += length + random.between(0.3, 1.4) * (1 - 0.5 * excitement)
      // Once round, more or less: the next utterance would talk over the first.
      if (at > seconds * 1.7 || random.next() < 0.25) break
    }
  }
}

/** The blur of all the voices that cannot be told apart. */
const blur = (seconds: number, gain: number, random: Random): Band[] => [
  {
    tone: [pinking, () => bandpass(420, 0.8), () => lowpass(1_400)],
    gain,
    course: drift(0.6, 1, seconds, random, 11),
  },
  {
    tone: [pinking, () => bandpass(1_500, 0.9)],
    gain: gain * 0.35,
    course: drift(0.4, 1, seconds, random, 14),
  },
]

const cheer = (seconds: number, random: Random): Mono => {
  const from = random.between(280, 520)
  const voice = choir([from, from * random.between(1.01, 1.04)], seconds - 0.3, random, {
    attackS: 0.08,
    releaseS: 0.3,
  })
  return level(shape(voice.left, hump(seconds, seconds * 0.3, 0.6)))
}

const whistling = (random: Random): Mono => {
  const hz = random.between(1_900, 2_500)
  const out = buffer(0.5)
  addSine(out, glide([0, hz * 0.7], [0.12, hz], [0.3, hz * 1.05], [0.5, hz * 0.72]))
  return level(shape(out, hump(0.5, 0.2, 0.6)))
}

export const crowdAmbients: Family = {
  crowd: {
    loops: true,
    make(seconds, random) {
      const mix = createMix(seconds, true, ROOMS.stage, 0.28)
      murmur(mix, { people: 16, seconds, gain: 0.3, room: 0.5, distance: 0.55 }, random)
      mix.add(rustle(random, 0.5), { at: 1.3, pan: 0.5, gain: 0.05, room: 0.3 })
      mix.add(knock(random, 160), { at: 3.4, pan: -0.6, gain: 0.06, room: 0.6 })
      const canvas = mix.finish()
      addBeds(
        canvas,
        [...blur(seconds, 0.22, random), { tone: [pinking, () => lowpass(180)], gain: 0.05 }],
        random,
      )
      return canvas
    },
  },
  crowd_excited: {
    loops: true,
    make(seconds, random) {
      const mix = createMix(seconds, true, ROOMS.hall, 0.3)
      murmur(mix, { people: 22, seconds, excitement: 1, gain: 0.26, room: 0.5, distance: 0.45 }, random)
      for (let i = 0; i < 26; i++) {
        const length = random.between(0.6, 1.5)
        mix.add(cheer(length, random), {
          at: random.between(0, seconds),
          pan: random.between(-0.9, 0.9),
          gain: random.between(0.08, 0.22),
          room: 0.6,
        })
      }
      for (let i = 0; i < 4; i++)
        mix.add(whistling(random), {
          at: (seconds * (i + random.next())) / 4,
          pan: random.between(-0.8, 0.8),
          gain: 0.09,
          room: 0.6,
        })
      audience(
        mix,
        { people: 22, seconds, rate: 3.6, gain: 0.35, loudness: drift(0.3, 1, seconds, random, 3) },
        random,
      )
      const canvas = mix.finish()
      const roar: Band = {
        tone: [pinking, () => bandpass(900, 0.5)],
        gain: 0.3,
        course: drift(0.5, 1, seconds, random, 3),
      }
      addBeds(canvas, [...blur(seconds, 0.3, random), roar], random)
      return canvas
    },
  },
  theater: {
    loops: true,
    make(seconds, random) {
      const mix = createMix(seconds, true, ROOMS.hall, 0.5)
      murmur(mix, { people: 9, seconds, gain: 0.16, room: 0.9, distance: 0.8 }, random)
      mix.add(cough(random), { at: 1.15, pan: -0.55, gain: 0.22, room: 0.9 })
      mix.add(cough(random), { at: 1.47, pan: -0.55, gain: 0.16, room: 0.9 })
      mix.add(knock(random, 210, 0.07), { at: 2.7, pan: 0.4, gain: 0.16, room: 0.9 })
      mix.add(knock(random, 165, 0.09), { at: 3.62, pan: -0.1, gain: 0.12, room: 0.9 })
      mix.add(rustle(random, 0.6), { at: 0.3, pan: 0.65, gain: 0.09, room: 0.7 })
      mix.add(rustle(random, 0.8), { at: 3.1, pan: -0.4, gain: 0.07, room: 0.7 })
      const canvas = mix.finish()
      addBeds(
        canvas,
        [
          ...blur(seconds, 0.1, random),
          {
            tone: [pinking, () => lowpass(240), () => highpass(40)],
            gain: 0.07,
            course: drift(0.85, 1, seconds, random),
          },
        ],
        random,
      )
      return canvas
    },
  },
  cafe: {
    loops: true,
    make(seconds, random) {
      const mix = createMix(seconds, true, ROOMS.chamber, 0.3)
      murmur(mix, { people: 11, seconds, gain: 0.26, room: 0.45, distance: 0.45 }, random)
      for (let i = 0; i < 9; i++) {
        const at = (seconds * (i + random.next())) / 9
        const pan = random.between(-0.9, 0.9)
        mix.add(china(random), { at, pan, gain: random.between(0.05, 0.16), room: 0.5 })
        // Cup meets saucer twice more often than not.
        if (random.next() < 0.6)
          mix.add(china(random), {
            at: at + random.between(0.05, 0.13),
            pan,
            gain: random.between(0.03, 0.09),
            room: 0.5,
          })
      }
      mix.add(steam(random, 1.6, 3_600, 0.45), { at: 2.4, pan: 0.6, gain: 0.1, room: 0.4 })
      mix.add(steam(random, 0.5, 2_600, 0.15), { at: 4.1, pan: 0.6, gain: 0.06, room: 0.4 })
      mix.add(knock(random, 240, 0.08), { at: 1.2, pan: 0.65, gain: 0.12, room: 0.6 })
      mix.add(knock(random, 250, 0.08), { at: 1.42, pan: 0.65, gain: 0.1, room: 0.6 })
      mix.add(rustle(random, 0.4), { at: 0.6, pan: -0.5, gain: 0.05, room: 0.3 })
      const canvas = mix.finish()
      addBeds(
        canvas,
        [
          ...blur(seconds, 0.14, random),
          { tone: [pinking, () => lowpass(320), () => highpass(50)], gain: 0.06 },
        ],
        random,
      )
      return canvas
    },
  },
}

/** For rooms where people work: speech behind a wall. */
export function behindTheWall(mix: Mix, seconds: number, random: Random): void {
  for (let i = 0; i < 3; i++) {
    const voice = talk(random.between(0.9, 1.8), someone(random), random)
    mix.add(level(through(voice, lowpass(900), lowpass(1_100))), {
      at: (seconds * (i + random.next())) / 3,
      pan: random.between(-0.8, 0.8),
      gain: 0.08,
      room: 0.6,
    })
  }
}

/** A page that is turned, of a length of its own. */
export const page = (random: Random): Mono => {
  const seconds = random.between(0.25, 0.45)
  const sweepOf = shape(noise(framesOf(seconds), random), hump(seconds, seconds * 0.6, 0.8))
  return level(through(sweepOf, bandpass(3_000, 0.6), highpass(700)))
}

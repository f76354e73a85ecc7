/**
 * People talking, without words: a glottal source through formants that move from vowel to vowel, with consonants and
 * pauses between. One voice alone is nonsense; a dozen are a room.
 */
import { hump } from '../curve.ts'
import type { Random } from '../random.ts'
import { framesOf, level, type Mono, RATE } from '../signal.ts'

type Vowel = readonly [f1: number, f2: number, f3: number]

/** Formants of a man's vowels (Peterson and Barney). */
const VOWELS: readonly Vowel[] = [
  [270, 2_290, 3_010],
  [390, 1_990, 2_550],
  [530, 1_840, 2_480],
  [660, 1_720, 2_410],
  [730, 1_090, 2_440],
  [570, 840, 2_410],
  [440, 1_020, 2_240],
  [300, 870, 2_240],
  [640, 1_190, 2_390],
  [490, 1_350, 1_690],
]

export type Speaker = {
  pitchHz: number
  /** Length of the throat against a man's: above 1, formants are higher. */
  tract: number
  /** Syllables a second. */
  pace: number
  /** How far the pitch moves, as a part of it. */
  melody: number
}

/** A person, calm (0) or excited (1). */
export function someone(random: Random, excitement = 0): Speaker {
  const isHigh = random.next() < 0.5
  const lift = 1 + 0.45 * excitement
  return {
    pitchHz: (isHigh ? random.between(175, 235) : random.between(92, 138)) * lift,
    tract: isHigh ? random.between(1.12, 1.22) : random.between(0.95, 1.05),
    pace: random.between(3.6, 5.2) * (1 + 0.2 * excitement),
    melody: random.between(0.1, 0.2) * (1 + excitement),
  }
}

/** What the throat does at one moment. */
type Gesture = { from: number; vowel: Vowel; voice: number; hiss: number; accent: number }

function gestures(frames: number, speaker: Speaker, random: Random): Gesture[] {
  const list: Gesture[] = []
  for (let at = 0; at < frames; ) {
    const vowel = random.pick(VOWELS)
    const kind = random.next()
    const consonant = framesOf(random.between(0.035, 0.08))
    // Hissed, stopped, or hummed.
    if (kind < 0.3) list.push({ from: at, vowel, voice: 0.05, hiss: random.between(0.25, 0.6), accent: 0 })
    else if (kind < 0.65) list.push({ from: at, vowel, voice: 0, hiss: 0.02, accent: 0 })
    else list.push({ from: at, vowel: [250, 1_100, 2_300], voice: 0.35, hiss: 0, accent: 0 })
    at += consonant
    const stress = random.between(0.55, 1)
    list.push({ from: at, vowel, voice: stress, hiss: 0.015, accent: stress - 0.7 })
    at += framesOf(random.between(0.6, 1.2) / speaker.pace)
  }
  return list
}

const CONTROL = 48

/** A stretch of talk. */
export function talk(seconds: number, speaker: Speaker, random: Random): Mono {
  const frames = framesOf(seconds)
  const out = new Float32Array(frames)
  const plan = gestures(frames, speaker, random)
  const envelope = hump(seconds, seconds * 0.3, 0.3)
  let index = 0
  let { vowel, voice, hiss } = { ...plan[0]!, voice: 0, hiss: 0 }
  let [f1, f2, f3] = vowel
  let pitch = speaker.pitchHz
  let phase = 0
  let tilt = 0
  const state = new Float64Array(6)
  const coefficients = new Float64Array(9)
  let hissBefore = 0

  for (let from = 0; from < frames; from += CONTROL) {
    while (index + 1 < plan.length && plan[index + 1]!.from <= from) index++
    const now = plan[index]!
    // Tongue and lips take their time.
    const ease = 0.055
    f1 += ease * (now.vowel[0] - f1)
    f2 += ease * (now.vowel[1] - f2)
    f3 += ease * (now.vowel[2] - f3)
    voice += 0.09 * (now.voice - voice)
    hiss += 0.16 * (now.hiss - hiss)
    const course = 1 + speaker.melody * (0.6 - (1.4 * from) / frames + 1.2 * now.accent)
    pitch += 0.03 * (speaker.pitchHz * course * random.between(0.985, 1.015) - pitch)
    const formants = [f1 * speaker.tract, f2 * speaker.tract, f3 * speaker.tract]
    const widths = [75, 110, 170]
    for (let k = 0; k < 3; k++) {
      const g = Math.tan((Math.PI * formants[k]!) / RATE)
      const damping = widths[k]! / formants[k]!
      const a1 = 1 / (1 + g * (g + damping))
      coefficients[k * 3] = a1
      coefficients[k * 3 + 1] = g
      coefficients[k * 3 + 2] = damping
    }
    const gain = envelope(from / RATE)
    const step = pitch / RATE
    const until = Math.min(frames, from + CONTROL)
    for (let i = from; i < until; i++) {
      phase += step
      if (phase >= 1) phase -= 1
      const breath = random.next() * 2 - 1
      // A saw, made duller: the air that the vocal folds let through.
      tilt += 0.12 * ((2 * phase - 1) * voice + breath * 0.04 * voice - tilt)
      let sum = 0
      for (let k = 0; k < 3; k++) {
        const v0 = tilt - state[k * 2 + 1]!
        const g = coefficients[k * 3 + 1]!
        const v1 = coefficients[k * 3]! * (state[k * 2]! + g * v0)
        const v2 = state[k * 2 + 1]! + g * v1
        state[k * 2] = 2 * v1 - state[k * 2]!
        state[k * 2 + 1] = 2 * v2 - state[k * 2 + 1]!
        sum += coefficients[k * 3 + 2]! * v1 * (k === 0 ? 1 : k === 1 ? 1.6 : 1.4)
      }
      const sharp = breath - hissBefore
      hissBefore = breath
      out[i] = gain * (sum + sharp * hiss * 0.035)
    }
  }
  return level(out)
}

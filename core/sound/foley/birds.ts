/** Birds and insects: pure tones that move fast. */
import { type Curve, glide, hump, type Point, shape } from '../curve.ts'
import { addSine } from '../oscillators.ts'
import type { Random } from '../random.ts'
import { buffer, framesOf, level, type Mono, mixInto } from '../signal.ts'

function note(seconds: number, hz: Curve, overtone = 0.06): Mono {
  const out = buffer(seconds)
  addSine(out, hz)
  addSine(out, (at) => hz(at) * 2, overtone)
  return shape(out, hump(seconds, seconds * 0.35, 0.6))
}

function phrase(seconds: number, notes: readonly { at: number; sound: Mono; gain: number }[]): Mono {
  const out = buffer(seconds)
  for (const { at, sound, gain } of notes) mixInto(out.subarray(framesOf(at)), sound, gain)
  return level(out)
}

/** Two tones, again and again: a tit. */
export function tit(random: Random): Mono {
  const high = random.between(4_300, 5_000)
  const notes = []
  for (let i = 0; i < 3; i++) {
    notes.push({ at: i * 0.3, sound: note(0.11, glide([0, high * 1.04], [0.11, high])), gain: 1 })
    notes.push({
      at: i * 0.3 + 0.13,
      sound: note(0.14, glide([0, high * 0.76], [0.14, high * 0.73])),
      gain: 0.85,
    })
  }
  return phrase(1, notes)
}

/** A run of short notes, each with its own bend: a warbler. */
export function warbler(random: Random): Mono {
  const notes = []
  let at = 0
  for (let i = 0; i < 11; i++) {
    const seconds = random.between(0.045, 0.095)
    const from = random.between(2_900, 5_600)
    const bend: Point[] = [
      [0, from],
      [seconds * 0.5, from * random.between(0.8, 1.3)],
      [seconds, from * random.between(0.75, 1.15)],
    ]
    notes.push({ at, sound: note(seconds, glide(...bend)), gain: random.between(0.6, 1) })
    at += seconds + random.between(0.01, 0.035)
  }
  return phrase(at + 0.1, notes)
}

/** Slow, round and low: a blackbird. */
export function blackbird(random: Random): Mono {
  const notes = []
  let at = 0
  let from = random.between(1_900, 2_400)
  for (let i = 0; i < 5; i++) {
    const seconds = random.between(0.13, 0.26)
    const to = Math.max(1_600, Math.min(3_000, from * random.pick([0.84, 0.94, 1.06, 1.19, 1.26])))
    notes.push({
      at,
      sound: note(seconds, glide([0, from], [seconds * 0.3, to], [seconds, to * 0.99]), 0.1),
      gain: random.between(0.7, 1),
    })
    from = to
    at += seconds + random.between(0.02, 0.09)
  }
  return phrase(at + 0.1, notes)
}

/** A falling third, far away. */
export const cuckoo = (): Mono =>
  phrase(0.8, [
    { at: 0, sound: note(0.2, glide([0, 690], [0.2, 672]), 0.12), gain: 1 },
    { at: 0.34, sound: note(0.3, glide([0, 545], [0.3, 534]), 0.12), gain: 0.9 },
  ])

/** A cricket: a few fast pulses of one tone. */
export function cricket(random: Random): Mono {
  const hz = random.between(4_150, 4_600)
  const out = buffer(0.16)
  for (let i = 0; i < 4; i++)
    mixInto(
      out.subarray(framesOf(i * 0.034)),
      note(0.026, () => hz, 0.02),
      0.6 + i * 0.13,
    )
  return level(out)
}

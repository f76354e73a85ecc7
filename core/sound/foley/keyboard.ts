/** Keys of a keyboard: down, and up again. */
import { strike } from '../curve.ts'
import { bandpass, through } from '../filters.ts'
import { addModes } from '../oscillators.ts'
import { noise, type Random } from '../random.ts'
import { buffer, framesOf, level, type Mono, mixInto } from '../signal.ts'

function contact(random: Random, pitch: number, hardness: number): Mono {
  const out = buffer(0.06)
  addModes(out, pitch, [
    [1, 0.8, 0.045],
    [2.7, 0.45, 0.03],
    [5.9, 0.4 * hardness, 0.016],
    [11.3, 0.3 * hardness, 0.01],
  ])
  mixInto(
    out,
    through(strike(noise(framesOf(0.02), random), 0.0003, 0.012), bandpass(3_400 * hardness, 0.7)),
    0.8,
  )
  return level(out)
}

export function keystroke(random: Random, { isWide = false } = {}): Mono {
  const out = buffer(0.22)
  const pitch = (isWide ? 190 : 330) * random.between(0.9, 1.12)
  mixInto(out, contact(random, pitch, random.between(0.8, 1.1)), 1)
  const up = out.subarray(framesOf(random.between(0.065, 0.11)))
  mixInto(up, contact(random, pitch * 1.35, 1.25), random.between(0.25, 0.4))
  return level(out)
}

/** Bursts of strokes with a person's unevenness: when, and whether it is the long key. */
export function* strokes(
  random: Random,
  perSecond: number,
  untilS: number,
): Generator<{ at: number; isWide: boolean }> {
  let inWord = 0
  for (let at = random.between(0.02, 0.05); at < untilS; ) {
    const isWide = inWord >= random.between(3, 8)
    yield { at, isWide }
    inWord = isWide ? 0 : inWord + 1
    at += (random.between(0.7, 1.3) + (isWide ? 0.5 : 0)) / perSecond
  }
}

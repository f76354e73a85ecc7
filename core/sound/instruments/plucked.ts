/** Plucked strings: a burst of noise that runs round a string and loses its edge (Karplus and Strong). */
import { shape, swell } from '../curve.ts'
import { bell, highpass, lowpass, through } from '../filters.ts'
import { noise, type Random } from '../random.ts'
import { buffer, level, type Mono, RATE } from '../signal.ts'

type String = {
  /** For 60 dB of the fundamental. */
  ringS: number
  /** How much of high tones the pluck has, Hz. */
  brightness: number
  /** Share that each turn takes from the sample before: 0.5 dulls fastest. */
  dulling: number
}

function string(
  pitch: number,
  seconds: number,
  { ringS, brightness, dulling }: String,
  random: Random,
): Mono {
  const out = buffer(seconds)
  const period = RATE / pitch
  // The filter delays by `dulling` samples; an all-pass takes what is left of a whole number.
  const whole = Math.floor(period - dulling - 0.2)
  const rest = period - dulling - whole
  const allpass = (1 - rest) / (1 + rest)
  const loss = 10 ** (-3 / (ringS * pitch))
  // A long string is plucked no brighter than a finger can: its lowest tones are to be heard.
  const line = through(noise(whole, random), lowpass(Math.min(brightness, 200 + 9 * pitch)))
  let mean = 0
  for (const sample of line) mean += sample / whole
  for (let i = 0; i < whole; i++) line[i]! -= mean
  let at = 0
  let before = 0
  let x1 = 0
  let y1 = 0
  for (let i = 0; i < out.length; i++) {
    const read = line[at]!
    const damped = loss * ((1 - dulling) * read + dulling * before)
    before = read
    const y = allpass * (damped - y1) + x1
    x1 = damped
    y1 = y
    line[at] = y
    out[i] = read
    if (++at === whole) at = 0
  }
  return shape(out, swell(seconds, 0.001, Math.min(0.08, seconds / 3)))
}

/** A guitar damped with the palm: short and round. */
export const mutedGuitar = (pitch: number, random: Random): Mono =>
  level(
    through(
      string(pitch, 0.32, { ringS: 0.42, brightness: 3_000, dulling: 0.45 }, random),
      highpass(80),
      bell(220, 1.3, 3),
    ),
  )

export const ukulele = (pitch: number, seconds: number, random: Random): Mono =>
  level(
    through(
      string(pitch, seconds, { ringS: 1.1, brightness: 4_500, dulling: 0.4 }, random),
      highpass(180),
      bell(420, 1.5, 4),
    ),
  )

export const harp = (pitch: number, seconds: number, random: Random): Mono =>
  level(through(string(pitch, seconds, { ringS: 4, brightness: 2_600, dulling: 0.36 }, random), highpass(60)))

export const pizzicato = (pitch: number, random: Random): Mono =>
  level(
    through(
      string(pitch, 0.5, { ringS: 0.55, brightness: 2_200, dulling: 0.5 }, random),
      highpass(70),
      bell(320, 1.2, 5),
    ),
  )

/** Double bass, plucked. */
export const uprightBass = (pitch: number, seconds: number, random: Random): Mono =>
  level(
    through(
      string(pitch, seconds, { ringS: 1.5, brightness: 900, dulling: 0.5 }, random),
      highpass(35),
      bell(110, 1, 3),
    ),
  )

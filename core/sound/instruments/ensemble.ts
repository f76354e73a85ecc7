/** Many players of one section: saws that are never quite together, under one filter. Strings, brass, choir, pads. */
import { type Curve, glide, line, shape, swell } from '../curve.ts'
import { bandpass, bell, drive, type Effect, highpass, lowpass, sweep, through } from '../filters.ts'
import { addPulse, addSaw } from '../oscillators.ts'
import type { Random } from '../random.ts'
import { buffer, level, type Mono, mixInto, type Stereo } from '../signal.ts'

type Section = {
  /** A side and a note. */
  players: number
  wave: 'saw' | 'pulse'
  detuneCents: number
  vibratoCents: number
  attackS: number
  releaseS: number
  tone: () => Effect[]
}

function play(pitches: readonly number[], seconds: number, section: Section, random: Random): Stereo {
  const length = seconds + section.releaseS
  const envelope = swell(length, section.attackS, section.releaseS)
  const side = (): Mono => {
    const out = buffer(length)
    for (const pitch of pitches) {
      for (let player = 0; player < section.players; player++) {
        const detuned = pitch * 2 ** (random.between(-section.detuneCents, section.detuneCents) / 1_200)
        const rate = 2 * Math.PI * random.between(4.6, 5.9)
        const start = random.next()
        // A ratio for small intervals: 1 cent is a 1731st.
        const depth = section.vibratoCents / 1_731
        const hz: number | Curve =
          depth === 0
            ? detuned
            : (at) => detuned * (1 + depth * Math.min(1, at * 2) * Math.sin(rate * at + start * 6))
        if (section.wave === 'saw') addSaw(out, hz, 1, random.next())
        else addPulse(out, hz, 1, random.between(0.3, 0.5), random.next())
      }
    }
    return shape(through(out, ...section.tone()), envelope)
  }
  const [left, right] = [level(side()), level(side())]
  // Everybody is heard on both sides, or the section would fall apart on one loudspeaker.
  const across = left.slice()
  mixInto(left, right, 0.35)
  mixInto(right, across, 0.35)
  return { left, right }
}

/** Bowed strings, `force` 0 (a breath) to 1 (full bow). */
export function strings(
  pitches: readonly number[],
  seconds: number,
  random: Random,
  { force = 0.5, attackS = 0.18, releaseS = 0.35, swells = false } = {},
): Stereo {
  const open = 1_300 + 5_200 * force * force
  const cutoff = swells
    ? glide([0, open * 0.35], [seconds * 0.85, open], [seconds + releaseS, open * 0.6])
    : line([0, open * 0.5], [attackS, open], [seconds, open * 0.85])
  return play(
    pitches,
    seconds,
    {
      players: 3,
      wave: 'saw',
      detuneCents: 11,
      vibratoCents: 9,
      attackS: swells ? seconds * 0.8 : attackS,
      releaseS,
      // The body of the instruments: wood at 300 and 500 Hz, a nose that is kept small.
      tone: () => [
        sweep('low', cutoff, 0.6),
        highpass(Math.min(...pitches) * 0.7),
        bell(310, 1.5, 2.5),
        bell(1_300, 1.2, -4),
      ],
    },
    random,
  )
}

/** Short bow strokes for rhythms. */
export function spiccato(pitches: readonly number[], random: Random, force = 0.6): Stereo {
  return play(
    pitches,
    0.07,
    {
      players: 3,
      wave: 'saw',
      detuneCents: 9,
      vibratoCents: 0,
      attackS: 0.012,
      releaseS: 0.16,
      tone: () => [
        sweep('low', glide([0, 1_500 + 3_500 * force], [0.16, 700]), 0.7),
        highpass(Math.min(...pitches) * 0.8),
        bell(480, 1.2, 3),
      ],
    },
    random,
  )
}

/** Horns and trombones; a harder `force` opens the tone faster and wider. */
export function brass(
  pitches: readonly number[],
  seconds: number,
  random: Random,
  { force = 0.6, attackS = 0.05, releaseS = 0.14 } = {},
): Stereo {
  const open = 700 + 3_000 * force
  return play(
    pitches,
    seconds,
    {
      players: 2,
      wave: 'saw',
      detuneCents: 6,
      vibratoCents: 3,
      attackS,
      releaseS,
      tone: () => [
        sweep(
          'low',
          glide(
            [0, 260],
            [attackS * 1.4, open],
            [attackS * 1.4 + 0.18, open * 0.72],
            [seconds, open * 0.6],
            [seconds + releaseS, 300],
          ),
          0.8,
        ),
        bell(520, 1, 3),
        highpass(Math.min(...pitches) * 0.75),
        (sound) => through(level(sound), drive(1.2)),
      ],
    },
    random,
  )
}

/** Voices on "ah" or "oo". */
export function choir(
  pitches: readonly number[],
  seconds: number,
  random: Random,
  { vowel = 'ah' as 'ah' | 'oo', attackS = 0.3, releaseS = 0.6 } = {},
): Stereo {
  const formants: readonly (readonly [number, number, number])[] =
    vowel === 'ah'
      ? [
          [720, 6, 1],
          [1_150, 9, 0.55],
          [2_700, 12, 0.18],
          [3_600, 12, 0.08],
        ]
      : [
          [340, 6, 1],
          [760, 9, 0.4],
          [2_500, 12, 0.06],
        ]
  const voice: Effect = (sound) => {
    const source = sound.slice()
    sound.fill(0)
    for (const [hz, q, gain] of formants) mixInto(sound, through(source.slice(), bandpass(hz, q)), gain)
    mixInto(sound, through(source, lowpass(400)), 0.12)
  }
  return play(
    pitches,
    seconds,
    { players: 3, wave: 'saw', detuneCents: 14, vibratoCents: 16, attackS, releaseS, tone: () => [voice] },
    random,
  )
}

/** A soft electronic ground. `cutoff` moves its light. */
export function pad(
  pitches: readonly number[],
  seconds: number,
  random: Random,
  { cutoff = 900 as number | Curve, attackS = 0.7, releaseS = 0.9 } = {},
): Stereo {
  const curve: Curve = typeof cutoff === 'number' ? () => cutoff : cutoff
  return play(
    pitches,
    seconds,
    {
      players: 2,
      wave: 'pulse',
      detuneCents: 8,
      vibratoCents: 0,
      attackS,
      releaseS,
      tone: () => [sweep('low', curve, 0.7), highpass(90)],
    },
    random,
  )
}

/** A chord of a synthesiser, struck. */
export function stab(
  pitches: readonly number[],
  seconds: number,
  random: Random,
  { open = 3_200, releaseS = 0.12 } = {},
): Stereo {
  return play(
    pitches,
    seconds,
    {
      players: 2,
      wave: 'saw',
      detuneCents: 12,
      vibratoCents: 0,
      attackS: 0.004,
      releaseS,
      tone: () => [sweep('low', glide([0, open], [0.25, open * 0.25], [2, open * 0.2]), 1), highpass(140)],
    },
    random,
  )
}

/** A piece of music: a desk whose time is counted in beats. It loops: what rings on at its end is heard at its start. */
import { createMix } from './mix.ts'
import type { Note } from './pitch.ts'
import type { Random } from './random.ts'
import type { Room } from './reverb.ts'
import type { Canvas, Mono, Place, Stereo } from './signal.ts'

type Where = Omit<Place, 'at'> & { room?: number }

export type Score = {
  /** Length of so many beats in seconds. */
  seconds(beats: number): number
  add(sound: Mono | Stereo, beat: number, where?: Where): void
  /** Plays a tune; `accent` gives the strength of the note on a beat. */
  play(
    notes: readonly Note[],
    instrument: (hz: number, seconds: number) => Mono | Stereo,
    where?: Where & { accent?: (beat: number) => number },
  ): void
  finish(): Canvas
}

/** Players are never together to the millisecond. */
const LOOSENESS_S = 0.006

/** @param beats of the whole piece, which is `seconds` long */
export function createScore(
  seconds: number,
  beats: number,
  room: Room,
  random: Random,
  roomGain = 0.3,
): Score {
  const mix = createMix(seconds, true, room, roomGain)
  const beatS = seconds / beats
  return {
    seconds: (count) => count * beatS,
    add: (sound, beat, where) => mix.add(sound, { ...where, at: beat * beatS }),
    play(notes, instrument, { accent, ...where } = {}) {
      for (const { hz, beat, beats } of notes) {
        const strength = (accent?.(beat) ?? 1) * random.between(0.92, 1)
        mix.add(instrument(hz, beats * beatS), {
          ...where,
          at: beat * beatS + random.between(0, LOOSENESS_S),
          gain: (where.gain ?? 1) * strength,
        })
      }
    },
    finish: mix.finish,
  }
}

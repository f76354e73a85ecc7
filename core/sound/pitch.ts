/** Names of notes, and tunes written with them. */

const STEPS: Record<string, number> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 }

/** Frequency of a note such as `A4`, `F#3`, `Bb2`, tempered equally from A4 = 440 Hz. */
export function hz(name: string): number {
  const [, letter = '', sign = '', octave = ''] = /^([A-G])([#b]?)(-?\d)$/.exec(name) ?? []
  const step = STEPS[letter]
  if (step === undefined) throw new Error(`no note: ${name}`)
  const semitone = step + (sign === '#' ? 1 : sign === 'b' ? -1 : 0) + (Number(octave) + 1) * 12
  return 440 * 2 ** ((semitone - 69) / 12)
}

/** `C3 E3 G3` as frequencies. */
export const chord = (names: string): number[] => names.trim().split(/\s+/).map(hz)

export type Note = { hz: number; beat: number; beats: number }

/**
 * A tune: `A4:1 -:.5 C5:.5`, each note with its length in beats, `-` for a rest, `|` for the eye.
 * @param from beat of the first note
 */
export function tune(text: string, from = 0): Note[] {
  const notes: Note[] = []
  let beat = from
  for (const token of text.trim().split(/\s+/)) {
    if (token === '|') continue
    const [name = '', length = '1'] = token.split(':')
    if (name !== '-') notes.push({ hz: hz(name), beat, beats: Number(length) })
    beat += Number(length)
  }
  return notes
}

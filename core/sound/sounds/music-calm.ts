/** Music that takes its time: peace, and what moves the heart. */
import { subBass } from '../instruments/bass.ts'
import { pad, strings } from '../instruments/ensemble.ts'
import { piano } from '../instruments/keys.ts'
import { celesta } from '../instruments/mallets.ts'
import { harp } from '../instruments/plucked.ts'
import { flute } from '../instruments/winds.ts'
import { chord, hz, tune } from '../pitch.ts'
import { ROOMS } from '../reverb.ts'
import { createScore } from '../score.ts'
import type { Family } from './recipe.ts'

export const calmMusic: Family = {
  peaceful: {
    loops: true,
    make(seconds, random) {
      const score = createScore(seconds, 24, ROOMS.hall, random, 0.35)
      const bars = [
        ['F3 C4 F4 A4 F4 C4', 'F3 A3 C4'],
        ['E3 C4 E4 G4 E4 C4', 'E3 G3 C4'],
        ['D3 A3 D4 F4 C5 A4', 'D3 F3 A3 C4'],
        ['Bb2 F3 Bb3 D4 F4 D4', 'D3 F3 Bb3'],
        ['A2 F3 C4 F4 A4 F4', 'C3 F3 A3'],
        ['G2 D3 Bb3 D4 F4 D4', 'D3 F3 G3 Bb3'],
        ['C3 G3 Bb3 F4 E4 C4', 'C3 E3 G3 Bb3'],
        ['F2 C3 F3 A3 C4 F4', 'F3 A3 C4'],
      ] as const
      bars.forEach(([arpeggio, ground], bar) => {
        const isLast = bar === 7
        chord(arpeggio).forEach((pitch, i) => {
          const where = {
            gain: (i === 0 ? 0.34 : 0.24) * random.between(0.88, 1),
            pan: -0.3 + i * 0.1,
            room: 0.4,
          }
          score.add(harp(pitch, 2.4, random), bar * 3 + i / 2, where)
        })
        score.add(
          pad(chord(ground), score.seconds(isLast ? 2.2 : 3), random, {
            cutoff: 620,
            attackS: 0.8,
            releaseS: 1.1,
          }),
          bar * 3,
          { gain: 0.16, room: 0.5 },
        )
        score.add(
          strings(chord(ground).slice(-2), score.seconds(isLast ? 2 : 3), random, {
            force: 0.22,
            attackS: 0.9,
            releaseS: 1,
          }),
          bar * 3,
          { gain: 0.1, room: 0.6 },
        )
        score.add(
          subBass(
            chord(arpeggio)[0]! / (chord(arpeggio)[0]! > 100 ? 2 : 1),
            score.seconds(isLast ? 2 : 2.8),
            0.25,
            0.4,
          ),
          bar * 3,
          { gain: 0.14 },
        )
      })
      const theme = tune(
        'A4:2 C5:1 | G4:2 E4:1 | F4:1.5 G4:.5 A4:1 | D5:2 C5:1 | C5:1 A4:1 F4:1 | Bb4:1.5 A4:.5 G4:1 | G4:1 F4:1 E4:1 | F4:2.2',
      )
      score.play(theme, (pitch, length) => flute(pitch, length, random), { gain: 0.24, pan: 0.15, room: 0.6 })
      for (const [beat, name] of [
        [2.5, 'F6'],
        [8.5, 'C6'],
        [11, 'D6'],
        [14.5, 'A5'],
        [20, 'E6'],
        [22, 'C6'],
      ] as const)
        score.add(celesta(hz(name), random), beat, { gain: 0.055, pan: 0.5, room: 0.8 })
      return score.finish()
    },
  },
  emotional: {
    loops: true,
    make(seconds, random) {
      const score = createScore(seconds, 24, ROOMS.hall, random, 0.36)
      const bars = [
        ['A2 E3 A3 C4 E4 C4 A3 E3', 'A2 E3 A3 C4'],
        ['F2 C3 F3 A3 C4 A3 F3 C3', 'F2 C3 A3 C4'],
        ['C3 G3 C4 E4 G4 E4 C4 G3', 'C3 G3 C4 E4'],
        ['B2 G3 B3 D4 G4 D4 B3 G3', 'B2 G3 B3 D4'],
        ['F2 C3 F3 A3 C4 A3 F3 C3', 'F2 C3 A3 C4'],
        ['E2 B2 E3 A3 B3 G#3 E3', 'E2 B2 E3 B3'],
      ] as const
      bars.forEach(([arpeggio, ground], bar) => {
        const isLast = bar === 5
        const swellOf = [0.75, 0.85, 1, 0.95, 0.9, 0.75][bar]!
        chord(arpeggio).forEach((pitch, i) => {
          const where = {
            gain: (i === 0 ? 0.36 : 0.22) * swellOf * random.between(0.88, 1),
            pan: -0.15 + i * 0.03,
            room: 0.45,
          }
          score.add(piano(pitch, score.seconds(i === 0 ? 3.5 : 1.4), random, 0.42), bar * 4 + i / 2, where)
        })
        score.add(
          strings(chord(ground), score.seconds(isLast ? 3.3 : 4), random, {
            force: 0.32,
            attackS: 0.6,
            releaseS: 0.8,
          }),
          bar * 4,
          { gain: 0.2 * swellOf, room: 0.5 },
        )
        score.add(
          subBass(
            chord(ground)[0]! / (bar === 2 || bar === 3 ? 2 : 1),
            score.seconds(isLast ? 3 : 3.8),
            0.2,
            0.4,
          ),
          bar * 4,
          { gain: 0.1 },
        )
      })
      const theme = tune(
        'E5:2 D5:1 C5:1 | F5:2 E5:1 C5:1 | E5:1.5 F5:.5 G5:2 | D5:2 B4:1 D5:1 | C5:2 A4:1 C5:1 | A4:2 G#4:1.4',
      )
      score.play(
        theme,
        (pitch, length) =>
          strings([pitch], length + 0.08, random, { force: 0.62, attackS: 0.14, releaseS: 0.25 }),
        { gain: 0.3, pan: 0.1, room: 0.55 },
      )
      // The celli sing along an octave below, from the middle on.
      score.play(
        theme.filter((note) => note.beat >= 8),
        (pitch, length) =>
          strings([pitch / 2], length + 0.08, random, { force: 0.5, attackS: 0.16, releaseS: 0.25 }),
        { gain: 0.2, pan: -0.25, room: 0.5 },
      )
      return score.finish()
    },
  },
}

/** Music that goes forward: victory, drive, business, play. */
import { shape } from '../curve.ts'
import { subBass, synthBass } from '../instruments/bass.ts'
import {
  crash,
  cymbalSwell,
  handClap,
  hat,
  kick,
  shaker,
  snare,
  timpani,
  woodblock,
} from '../instruments/drums.ts'
import { brass, choir, pad, spiccato, stab, strings } from '../instruments/ensemble.ts'
import { piano } from '../instruments/keys.ts'
import { celesta, glockenspiel, marimba } from '../instruments/mallets.ts'
import { mutedGuitar, pizzicato, ukulele, uprightBass } from '../instruments/plucked.ts'
import { whistle } from '../instruments/winds.ts'
import { chord, hz, tune } from '../pitch.ts'
import { ROOMS } from '../reverb.ts'
import { createScore } from '../score.ts'
import { takes } from '../takes.ts'
import type { Family } from './recipe.ts'

export const brightMusic: Family = {
  triumphant: {
    loops: true,
    make(seconds, random) {
      const score = createScore(seconds, 32, ROOMS.hall, random, 0.3)
      const march = takes(() => snare(random, { decayS: 0.16, body: 0.4 }), 4)
      const kettle = takes((pitch: number) => timpani(pitch, random))
      const bars = [
        ['D2', 'A3 D4 F#4'],
        ['C#2', 'A3 C#4 E4'],
        ['B1', 'B3 D4 F#4'],
        ['G1', 'B3 D4 G4'],
        ['F#2', 'A3 D4 F#4'],
        ['G2', 'B3 D4 G4'],
        ['A1', 'A3 E4 A4'],
        ['D2', 'A3 D4 F#4'],
      ] as const
      bars.forEach(([low, names], bar) => {
        const from = bar * 4
        const isLast = bar === 7
        const upper = chord(names)
        const pulse = takes(() => spiccato(upper, random, 0.6))
        const root = hz(low)
        const length = score.seconds(isLast ? 2.8 : 4)
        score.add(strings([...upper, upper[0]! / 2], length, random, { force: 0.5, attackS: 0.1 }), from, {
          gain: 0.2,
          room: 0.4,
        })
        score.add(strings([root, root * 2], length, random, { force: 0.55, attackS: 0.06 }), from, {
          gain: 0.2,
          room: 0.25,
        })
        score.add(brass([root, root * 2], score.seconds(isLast ? 2.8 : 3.7), random, { force: 0.45 }), from, {
          gain: 0.26,
          pan: 0.2,
          room: 0.35,
        })
        if (bar === 6) {
          // Only the horns have the third, and the fourth before it.
          score.add(brass(chord('A3 D4 E4'), score.seconds(1.9), random), 24, {
            gain: 0.24,
            pan: -0.2,
            room: 0.4,
          })
          score.add(brass(chord('A3 C#4 E4'), score.seconds(1.9), random), 26, {
            gain: 0.26,
            pan: -0.2,
            room: 0.4,
          })
        } else
          score.add(brass(upper, score.seconds(isLast ? 2.8 : 3.7), random, { force: 0.5 }), from, {
            gain: 0.26,
            pan: -0.2,
            room: 0.4,
          })
        if (!isLast) {
          for (const beat of [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5])
            score.add(pulse(), from + beat, {
              gain: beat % 1 === 0 ? 0.2 : 0.14,
              pan: 0.25,
              room: 0.3,
            })
          for (const [beat, gain] of [
            [0, 0.2],
            [0.75, 0.1],
            [1, 0.16],
            [2, 0.2],
            [2.5, 0.1],
            [2.75, 0.1],
            [3, 0.18],
            [3.5, 0.12],
          ] as const)
            score.add(march(), from + beat, { gain, pan: 0.1, room: 0.4 })
        }
        if (bar >= 4)
          score.add(
            choir(
              upper.map((pitch) => pitch),
              length,
              random,
              { attackS: 0.2 },
            ),
            from,
            { gain: 0.22, room: 0.6 },
          )
        score.add(kettle(root * (root < 55 ? 2 : 1)), from, { gain: 0.4, room: 0.4 })
        if (bar % 2 === 1 && !isLast)
          score.add(kettle(root * (root < 55 ? 2 : 1)), from + 3, { gain: 0.26, room: 0.4 })
      })
      const theme = tune(
        'D4:1.5 A4:.5 D5:2 | C#5:1.5 B4:.5 A4:1 E5:1 | D5:1.5 C#5:.5 B4:1 F#5:1 | D5:1.5 E5:.5 B4:2 | A4:.5 D5:.5 F#5:1 E5:1 D5:1 | G5:1.5 F#5:.5 E5:1 D5:1 | E5:1 F#5:.5 E5:.5 D5:1 C#5:1 | D5:2.8',
      )
      score.play(
        theme,
        (pitch, length) => brass([pitch], length * 0.95, random, { force: 0.85, attackS: 0.035 }),
        { gain: 0.36, pan: -0.05, room: 0.5 },
      )
      score.play(
        theme,
        (pitch, length) => strings([pitch, pitch * 2], length, random, { force: 0.75, attackS: 0.05 }),
        { gain: 0.18, pan: 0.2, room: 0.4 },
      )
      for (const [beat, pan] of [
        [0, 0.4],
        [16, -0.4],
        [28, 0.3],
      ] as const)
        score.add(crash(random), beat, { gain: 0.22, pan, room: 0.3 })
      score.add(cymbalSwell(random, score.seconds(3)), 13, { gain: 0.14, room: 0.4 })
      score.add(cymbalSwell(random, score.seconds(2)), 26, { gain: 0.16, room: 0.4 })
      for (let i = 0; i < 8; i++)
        score.add(kettle(hz('A2')), 26 + i / 4, { gain: 0.12 + i * 0.025, room: 0.35 })
      for (let i = 0; i < 7; i++)
        score.add(glockenspiel(hz(['D6', 'A5', 'D6', 'F#6', 'E6', 'G6', 'F#6'][i]!), random), 16 + i * 2, {
          gain: 0.06,
          pan: 0.5,
          room: 0.5,
        })
      return score.finish()
    },
  },
  energetic: {
    loops: true,
    make(seconds, random) {
      const score = createScore(seconds, 32, ROOMS.chamber, random, 0.3)
      const drum = takes(() => kick(random), 2)
      const hands = takes(() => handClap(random))
      const rim = takes(() => snare(random))
      const cymbal = takes((isOpen: boolean) => hat(random, isOpen), 4)
      const bass = takes((pitch: number, open: number) => synthBass(pitch, score.seconds(0.42), open), 1)
      const pluck = takes((pitch: number, open: number) => stab([pitch], 0.06, random, { open }), 2)
      const bars = ['A', 'F', 'C', 'G', 'A', 'F', 'C', 'G'] as const
      const chords = { A: 'A3 C4 E4', F: 'A3 C4 F4', C: 'G3 C4 E4', G: 'G3 B3 D4' }
      const roots = { A: 'A1', F: 'F1', C: 'C2', G: 'G1' }
      // What the bass drum pushes away comes back before the next beat.
      const pumping = (at: number): number => 0.25 + 0.75 * Math.min(1, ((at / score.seconds(1)) % 1) * 1.9)
      bars.forEach((name, bar) => {
        const from = bar * 4
        const upper = chord(chords[name])
        const wide = upper.concat(upper.map((pitch) => pitch * 2))
        const hit = takes(() => stab(wide, score.seconds(0.3), random, { open: bar < 4 ? 2_400 : 4_200 }), 2)
        const root = hz(roots[name])
        const ground = pad(upper, score.seconds(4), random, {
          cutoff: bar < 4 ? 1_300 : 2_000,
          attackS: 0.02,
          releaseS: 0.05,
        })
        for (const side of [ground.left, ground.right]) shape(side, pumping)
        score.add(ground, from, { gain: 0.2, room: 0.3 })
        for (let i = 0; i < 8; i++) {
          const octave = i % 4 === 3 ? 2 : 1
          score.add(bass(root * octave, bar < 4 ? 1_100 : 1_700), from + i / 2, {
            gain: i % 2 === 0 ? 0.25 : 0.34,
          })
        }
        for (const beat of [0, 0.75, 1.5, 2, 2.75, 3.5])
          score.add(hit(), from + beat, { gain: 0.2, room: 0.35 })
        const isFill = bar === 7
        for (let beat = 0; beat < 4; beat++) {
          if (!(isFill && beat === 3)) score.add(drum(), from + beat, { gain: 0.52 })
          if (beat % 2 === 1) {
            score.add(hands(), from + beat, { gain: 0.3, room: 0.3 })
            score.add(rim(), from + beat, { gain: 0.22, room: 0.2 })
          }
          score.add(cymbal(true), from + beat + 0.5, { gain: 0.15, pan: 0.2, room: 0.1 })
          for (const sixteenth of [0, 0.25, 0.75])
            score.add(cymbal(false), from + beat + sixteenth, {
              gain: sixteenth === 0 ? 0.1 : 0.07,
              pan: -0.2,
            })
        }
        // Sixteenths that run through the chord.
        const run = [...upper, upper[0]! * 2]
        for (let i = 0; i < 16; i++)
          score.add(pluck(run[[0, 2, 1, 3, 2, 0, 3, 1][i % 8]!]! * 2, 2_500 + bar * 350), from + i / 4, {
            gain: 0.1,
            pan: i % 2 === 0 ? -0.5 : 0.5,
            room: 0.35,
          })
      })
      const lead = tune(
        'E5:.75 E5:.75 D5:.5 C5:.5 D5:.5 E5:1 | C5:.75 C5:.75 D5:.5 C5:.5 A4:.5 F5:1 | E5:.75 E5:.75 F5:.5 G5:.5 E5:.5 C5:1 | D5:.75 D5:.75 C5:.5 B4:.5 C5:.5 D5:.5',
        16,
      )
      score.play(lead, (pitch, length) => stab([pitch, pitch * 2], length * 0.8, random, { open: 5_000 }), {
        gain: 0.26,
        room: 0.4,
      })
      for (let i = 0; i < 6; i++)
        score.add(snare(random, { decayS: 0.15 }), 30 + i / 4, { gain: 0.1 + i * 0.03, room: 0.2 })
      score.add(crash(random, 1.6), 0, { gain: 0.16, pan: 0.3, room: 0.2 })
      score.add(crash(random, 1.6), 16, { gain: 0.18, pan: -0.3, room: 0.2 })
      return score.finish()
    },
  },
  corporate: {
    loops: true,
    make(seconds, random) {
      const score = createScore(seconds, 32, ROOMS.stage, random, 0.28)
      const pick = takes((pitch: number) => mutedGuitar(pitch, random))
      const drum = takes(() => kick(random), 1)
      const hands = takes(() => handClap(random))
      const egg = takes(() => shaker(random), 4)
      const bars = [
        ['D2', 'D4 F#4 A4'],
        ['C#2', 'C#4 E4 A4'],
        ['B1', 'B3 D4 F#4'],
        ['G1', 'B3 D4 G4'],
      ] as const
      for (let bar = 0; bar < 8; bar++) {
        const [low, names] = bars[bar % 4]!
        const from = bar * 4
        const upper = chord(names)
        const root = hz(low)
        const isSecond = bar >= 4
        score.add(
          pad([upper[0]! / 2, ...upper], score.seconds(4), random, {
            cutoff: isSecond ? 1_100 : 800,
            attackS: 0.35,
            releaseS: 0.5,
          }),
          from,
          { gain: 0.13, room: 0.4 },
        )
        // The guitar keeps the eighths.
        const picking = [
          upper[0]! / 2,
          upper[1]!,
          upper[2]!,
          upper[1]!,
          upper[0]!,
          upper[2]!,
          upper[1]!,
          upper[2]!,
        ]
        picking.forEach((pitch, i) => {
          score.add(pick(pitch), from + i / 2, {
            gain: (i % 2 === 0 ? 0.26 : 0.19) * random.between(0.9, 1),
            pan: -0.35,
            room: 0.2,
          })
          if (isSecond)
            score.add(pick(pitch * 2), from + i / 2 + 0.25, {
              gain: 0.1,
              pan: 0.4,
              room: 0.25,
            })
        })
        for (const [beat, length] of [
          [0, 1.5],
          [1.5, 2.5],
        ] as const)
          for (const pitch of upper)
            score.add(piano(pitch, score.seconds(length), random, 0.5), from + beat, {
              gain: beat === 0 ? 0.2 : 0.16,
              pan: 0.15,
              room: 0.35,
            })
        score.add(subBass(root, score.seconds(1.3), 0.015, 0.1), from, { gain: 0.17 })
        score.add(subBass(root, score.seconds(1.9), 0.015, 0.15), from + 1.5, { gain: 0.15 })
        for (const beat of [0, 1.5, 2.5]) score.add(drum(), from + beat, { gain: beat === 0 ? 0.36 : 0.24 })
        for (const beat of [1, 3])
          score.add(hands(), from + beat, { gain: isSecond ? 0.14 : 0.09, room: 0.4 })
        for (let i = 0; i < 16; i++)
          score.add(egg(), from + i / 4, { gain: i % 4 === 2 ? 0.07 : 0.035, pan: 0.3, room: 0.15 })
      }
      const theme = tune(
        'A4:1 D5:1 F#5:2 | E5:1.5 C#5:.5 A4:2 | B4:1 D5:1 F#5:1.5 E5:.5 | D5:2 B4:1 A4:1 | A4:1 D5:1 F#5:2 | E5:1.5 A5:.5 C#5:2 | D5:1 C#5:1 B4:1 F#5:1 | G5:1 F#5:1 E5:1.5',
      )
      score.play(theme, (pitch, length) => piano(pitch, length, random, 0.62), {
        gain: 0.34,
        pan: 0.1,
        room: 0.5,
      })
      score.play(
        theme.filter((note) => note.beat >= 16),
        (pitch) => glockenspiel(pitch, random),
        { gain: 0.08, pan: -0.2, room: 0.5 },
      )
      return score.finish()
    },
  },
  playful: {
    loops: true,
    make(seconds, random) {
      const score = createScore(seconds, 32, ROOMS.chamber, random, 0.25)
      const string = takes((pitch: number) => ukulele(pitch, 0.3, random), 2)
      const egg = takes(() => shaker(random), 4)
      const bars = [
        ['C3', 'G2', 'G4 C5 E5'],
        ['D3', 'G2', 'G4 B4 F5'],
        ['C3', 'G2', 'G4 C5 E5'],
        ['D3', 'G2', 'G4 B4 F5'],
        ['F2', 'C3', 'A4 C5 F5'],
        ['E3', 'C3', 'G4 C5 E5'],
        ['D3', 'G2', 'F#4 A4 D5'],
        ['C3', 'C3', 'G4 C5 E5'],
      ] as const
      bars.forEach(([first, second, names], bar) => {
        const from = bar * 4
        const isLast = bar === 7
        const strum = (beat: number, text: string) =>
          chord(text).forEach((pitch, i) => {
            score.add(string(pitch), beat + i * 0.03, { gain: 0.15, pan: -0.35, room: 0.25 })
          })
        score.add(uprightBass(hz(first), 0.4, random), from, { gain: 0.5, room: 0.15 })
        score.add(pizzicato(hz(first) * 2, random), from, { gain: 0.2, pan: 0.3, room: 0.3 })
        strum(from + 1, names)
        if (!isLast) {
          score.add(uprightBass(hz(second), 0.4, random), from + 2, { gain: 0.46, room: 0.15 })
          score.add(pizzicato(hz(second) * 2, random), from + 2, { gain: 0.18, pan: 0.3, room: 0.3 })
          strum(from + 3, bar === 6 ? 'G4 B4 F5' : names)
        }
        for (let i = 0; i < (isLast ? 4 : 8); i++)
          score.add(egg(), from + i / 2, { gain: i % 2 === 1 ? 0.09 : 0.05, pan: 0.4, room: 0.15 })
        for (const [beat, pitch] of [
          [0, 760],
          [1.5, 980],
          [3, 860],
        ] as const)
          if (!(isLast && beat === 3))
            score.add(woodblock(pitch, random), from + beat, { gain: 0.12, pan: 0.5, room: 0.3 })
      })
      const first = tune(
        'E5:.5 G5:.5 E5:.5 C5:.5 D5:.5 E5:.5 C5:1 | D5:.5 F5:.5 D5:.5 B4:.5 G4:1 -:1 | E5:.5 G5:.5 C6:1 A5:.5 G5:.5 E5:1 | D5:.5 E5:.5 F5:.5 D5:.5 B4:1 G4:1',
      )
      const answer = tune(
        'A5:1 C6:.5 A5:.5 F5:1 A5:1 | G5:1 E5:.5 G5:.5 C5:2 | F#5:.5 A5:.5 D5:1 F5:.5 D5:.5 B4:1 | C5:.5 E5:.5 G5:.5 -:.5 C6:.5',
        16,
      )
      score.play(first, (pitch) => marimba(pitch, random), { gain: 0.42, pan: 0.1, room: 0.3 })
      score.play(answer, (pitch, length) => whistle(pitch, length * 0.8, random), {
        gain: 0.24,
        pan: -0.1,
        room: 0.4,
      })
      score.play(answer, (pitch) => marimba(pitch / 2, random), { gain: 0.24, pan: 0.2, room: 0.3 })
      score.play(first, (pitch) => celesta(pitch * 2, random, 0.5), { gain: 0.08, pan: -0.4, room: 0.4 })
      score.add(handClap(random), 30.5, { gain: 0.12, room: 0.4 })
      return score.finish()
    },
  },
}

/** Music that holds its breath, or strikes: tense, sparse, building, dramatic. */
import { glide, line, shape, wave } from '../curve.ts'
import { sweep, through } from '../filters.ts'
import { subBass } from '../instruments/bass.ts'
import { crash, cymbalSwell, snare, taiko, tick, timpani } from '../instruments/drums.ts'
import { brass, choir, pad, spiccato, strings } from '../instruments/ensemble.ts'
import { piano } from '../instruments/keys.ts'
import { celesta, marimba } from '../instruments/mallets.ts'
import { chord, hz, tune } from '../pitch.ts'
import { noise, type Random } from '../random.ts'
import { ROOMS } from '../reverb.ts'
import { createScore } from '../score.ts'
import { framesOf, level, type Mono } from '../signal.ts'
import { takes } from '../takes.ts'
import type { Family } from './recipe.ts'

/** Air that climbs. */
const riser = (seconds: number, random: Random): Mono => {
  const air = through(noise(framesOf(seconds), random), sweep('band', glide([0, 500], [seconds, 8_000]), 1.1))
  return shape(level(air), (at) => (at / seconds) ** 2.2 * Math.min(1, (seconds - at) / 0.03))
}

export const darkMusic: Family = {
  tense: {
    loops: true,
    make(seconds, random) {
      const score = createScore(seconds, 24, ROOMS.hall, random, 0.32)
      const bow = takes((pitch: number, force: number) => spiccato([pitch], random, force))
      const heart = takes((depth: number) => taiko(random, depth), 2)
      const rise = line([0, 0.35], [24, 1])
      score.add(
        strings(chord('D2 A2'), score.seconds(22.5), random, { force: 0.35, attackS: 2, releaseS: 0.6 }),
        0,
        { gain: 0.22, room: 0.4 },
      )
      score.add(subBass(hz('D1'), score.seconds(22.5), 2, 0.5), 0, { gain: 0.09 })
      // A figure that never leaves its half tone, played harder and harder.
      const figure = tune('D3:.5 D3:.5 Eb3:.5 D3:.5 D3:.5 F3:.5 Eb3:.5 D3:.5')
      for (let bar = 0; bar < 6; bar++) {
        for (const { hz: pitch, beat } of figure) {
          const at = bar * 4 + beat
          if (at >= 23) continue
          const force = 0.25 + 0.65 * (bar / 5)
          const accent = beat === 0 ? 1 : beat % 1 === 0 ? 0.8 : 0.62
          score.add(bow(pitch, force), at, {
            gain: 0.34 * accent * rise(at),
            pan: -0.25,
            room: 0.3,
          })
          if (bar >= 2)
            score.add(bow(pitch * 2, force), at, {
              gain: 0.2 * accent * rise(at),
              pan: 0.3,
              room: 0.35,
            })
          if (bar >= 4)
            score.add(bow(pitch * 2, force * 0.8), at + 0.25, {
              gain: 0.15 * rise(at),
              pan: 0.35,
              room: 0.35,
            })
        }
      }
      // Above it a line that climbs by half tones, the old tone rubbing against the new.
      const climb = [
        ['A4', 0, 8],
        ['Bb4', 8, 4],
        ['B4 C5', 12, 4],
        ['C#5 D5', 16, 4],
        ['Eb5 E5', 20, 3],
      ] as const
      climb.forEach(([names, from, beats], i) => {
        const bow = strings(chord(names), score.seconds(beats), random, {
          force: 0.25 + i * 0.11,
          attackS: 0.5,
          releaseS: 0.4,
        })
        score.add(bow, from, { gain: 0.1 + 0.03 * i, pan: 0.1, room: 0.6 })
      })
      // A heart.
      for (let bar = 0; bar < 6; bar++) {
        score.add(heart(54), bar * 4, { gain: 0.5 * rise(bar * 4), room: 0.4 })
        score.add(heart(54), bar * 4 + 0.5, { gain: 0.34 * rise(bar * 4), room: 0.4 })
        if (bar >= 3) score.add(heart(60), bar * 4 + 2, { gain: 0.3 * rise(bar * 4), room: 0.4 })
      }
      score.add(
        brass(chord('D2 Eb2 A2'), score.seconds(6.6), random, { force: 0.5, attackS: 2.6, releaseS: 0.3 }),
        16,
        { gain: 0.26, pan: 0.2, room: 0.4 },
      )
      score.add(cymbalSwell(random, score.seconds(7)), 16, { gain: 0.16, room: 0.5 })
      return score.finish()
    },
  },
  tense_minimal: {
    loops: true,
    make(seconds, random) {
      const score = createScore(seconds, 20, ROOMS.hall, random, 0.45)
      score.add(
        pad(chord('D2 A2 D3'), seconds, random, {
          cutoff: wave(190, 420, 2, seconds),
          attackS: 1.2,
          releaseS: 1.2,
        }),
        0,
        { gain: 0.2, room: 0.2 },
      )
      score.add(subBass(hz('D1'), score.seconds(17), 1.5, 1.5), 0, { gain: 0.06 })
      for (let beat = 0; beat < 20; beat++) {
        const isTick = beat % 2 === 0
        score.add(tick(random, isTick ? 2_350 : 1_980), beat, {
          gain: isTick ? 0.14 : 0.1,
          pan: isTick ? -0.3 : 0.3,
          room: 0.25,
        })
      }
      const touch = (pitch: number, length: number) => piano(pitch, length, random, 0.35)
      score.play(tune('A4:3 Bb4:5 F4:2.5 E4:3.5 A4:2.5 G#4:3.5'), touch, { gain: 0.34, pan: 0.15, room: 0.8 })
      score.play(tune('D2:9.5 Bb1:9.5'), touch, { gain: 0.4, pan: -0.15, room: 0.6 })
      score.play(tune('D3:9.5 Bb2:9.5'), touch, { gain: 0.22, pan: -0.15, room: 0.6 })
      // A wet finger on a glass.
      score.add(
        strings(chord('A5'), score.seconds(4.5), random, { force: 0.15, swells: true, releaseS: 1.4 }),
        4.5,
        { gain: 0.055, pan: 0.5, room: 1 },
      )
      score.add(
        strings(chord('A5 Bb5'), score.seconds(4.5), random, { force: 0.15, swells: true, releaseS: 1.2 }),
        13,
        { gain: 0.055, pan: -0.5, room: 1 },
      )
      score.add(celesta(hz('E6'), random), 11.5, { gain: 0.06, pan: 0.6, room: 1 })
      return score.finish()
    },
  },
  anticipation: {
    loops: true,
    make(seconds, random) {
      const score = createScore(seconds, 24, ROOMS.hall, random, 0.28)
      const bow = takes((force: number) => spiccato(chord('E2 E3'), random, force))
      const wood = takes((pitch: number) => marimba(pitch, random), 2)
      const drum = takes(() => taiko(random, 58))
      const roll = takes(() => snare(random, { decayS: 0.14, body: 0.25 }), 4)
      const build = line([0, 0.3], [24, 1])
      const bars = ['E3 G3 B3', 'E3 G3 C4', 'E3 G3 B3', 'E3 A3 C4', 'E3 A3 C4', 'E3 F#3 B3']
      bars.forEach((names, bar) => {
        const force = 0.2 + bar * 0.13
        score.add(
          strings(chord(names), score.seconds(bar === 5 ? 3.6 : 4), random, {
            force,
            attackS: 0.4,
            releaseS: 0.5,
          }),
          bar * 4,
          { gain: 0.12 + 0.03 * bar, room: 0.4 },
        )
        for (let eighth = 0; eighth < 8; eighth++) {
          const beat = bar * 4 + eighth / 2
          if (beat >= 23.5) continue
          score.add(bow(force), beat, {
            gain: (eighth % 2 === 0 ? 0.34 : 0.22) * build(beat),
            pan: -0.2,
            room: 0.25,
          })
        }
      })
      score.add(subBass(hz('E1'), score.seconds(23), 1, 0.3), 0, { gain: 0.08 })
      // Sixteenths that come out of the distance.
      const cell = chord('E4 B4 G4 B4 E5 B4 G4 B4')
      for (let i = 0; i < 94; i++) {
        const beat = i / 4
        const top = beat >= 12 ? chord('E4 C5 A4 C5 E5 C5 A4 C5') : cell
        const pitches = beat >= 20 ? chord('F#4 B4 D#5 B4 F#5 B4 D#5 B4') : top
        score.add(wood(pitches[i % 8]!), beat, {
          gain: (i % 4 === 0 ? 0.3 : 0.2) * build(beat) ** 1.3,
          pan: 0.35,
          room: 0.3,
        })
      }
      // The top line climbs once every half bar.
      const climb = tune('B4:4 C5:4 D5:4 E5:4 F#5:2 G5:2 A5:2 B5:1.6')
      score.play(
        climb,
        (pitch, length) => strings([pitch, pitch / 2], length, random, { force: 0.55, attackS: 0.12 }),
        { gain: 0.13, room: 0.5, accent: build },
      )
      const blows: readonly (readonly [beat: number, gain: number])[] = [
        [0, 0.5],
        [4, 0.4],
        [8, 0.5],
        [10, 0.35],
        [12, 0.55],
        [14, 0.45],
        [16, 0.6],
        [17, 0.4],
        [18, 0.55],
        [19, 0.45],
        [20, 0.65],
        [20.5, 0.45],
        [21, 0.6],
        [21.5, 0.5],
        [22, 0.65],
        [22.5, 0.6],
        [23, 0.7],
        [23.25, 0.6],
        [23.5, 0.75],
      ]
      for (const [beat, gain] of blows) score.add(drum(), beat, { gain: gain * 0.58, room: 0.35 })
      for (let i = 0; i < 31; i++) {
        const beat = 16 + i / 4
        score.add(roll(), beat, {
          gain: 0.03 + 0.2 * ((beat - 16) / 8) ** 1.7,
          pan: 0.1,
          room: 0.35,
        })
      }
      score.add(riser(score.seconds(7.6), random), 16, { gain: 0.2, room: 0.4 })
      score.add(cymbalSwell(random, score.seconds(3.7)), 20, { gain: 0.2, room: 0.4 })
      return score.finish()
    },
  },
  dramatic: {
    loops: true,
    make(seconds, random) {
      const score = createScore(seconds, 32, ROOMS.hall, random, 0.3)
      const bow = takes((pitch: number) => spiccato([pitch], random, 0.8))
      const drum = takes((depth: number) => taiko(random, depth))
      const bars = [
        ['C2 C1', 'C3 Eb3 G3'],
        ['Ab1 Ab2', 'C3 Eb3 Ab3'],
        ['F1 F2', 'C3 F3 Ab3'],
        ['G1 G2', 'B2 D3 G3'],
        ['C2 C1', 'C3 Eb3 G3'],
        ['Ab1 Ab2', 'C3 Eb3 Ab3'],
        ['Db2 Db1', 'Db3 F3 Ab3'],
        ['G1 G2', 'B2 D3 G3'],
      ] as const
      bars.forEach(([low, names], bar) => {
        const [root, third, fifth] = chord(names) as [number, number, number]
        const from = bar * 4
        const isLast = bar === 7
        // Sixteenths of the celli and violas.
        const figure = [root, fifth, third, fifth]
        for (let i = 0; i < (isLast ? 9 : 16); i++) {
          const accent = i % 4 === 0 ? 1 : i % 3 === 0 ? 0.8 : 0.6
          score.add(bow(figure[i % 4]!), from + i / 4, {
            gain: 0.3 * accent,
            pan: -0.3,
            room: 0.25,
          })
          score.add(bow(figure[(i + 2) % 4]! * 2), from + i / 4, {
            gain: 0.17 * accent,
            pan: 0.3,
            room: 0.3,
          })
        }
        // The low brass hits three times against the bar.
        for (const [beat, length] of [
          [0, 1],
          [1.5, 0.7],
          [3, 0.8],
        ] as const) {
          if (isLast && beat === 3) continue
          score.add(brass(chord(low), score.seconds(length), random, { force: 0.75 }), from + beat, {
            gain: beat === 0 ? 0.42 : 0.32,
            pan: 0.1,
            room: 0.35,
          })
        }
        const ground = strings([root, third, fifth, root * 2], score.seconds(isLast ? 2.2 : 4), random, {
          force: 0.5,
          attackS: 0.15,
        })
        score.add(ground, from, { gain: 0.16, room: 0.4 })
        if (bar >= 4)
          score.add(
            choir([root * 2, third * 2, fifth * 2], score.seconds(isLast ? 2.3 : 3.9), random),
            from,
            { gain: 0.26, room: 0.6 },
          )
        const drums: readonly (readonly [number, number])[] = isLast
          ? [
              [0, 1],
              [0.75, 0.6],
              [1.5, 0.85],
              [2, 0.6],
              [2.25, 1],
            ]
          : [
              [0, 1],
              [0.75, 0.55],
              [1.5, 0.8],
              [2, 0.5],
              [2.5, 0.7],
              [3, 0.85],
              [3.5, 0.5],
              [3.75, 0.6],
            ]
        for (const [beat, gain] of drums)
          score.add(drum(beat % 1 === 0 ? 58 : 74), from + beat, {
            gain: gain * 0.42,
            pan: beat % 1 === 0 ? -0.1 : 0.2,
            room: 0.4,
          })
      })
      const theme = tune(
        'C4:2 Eb4:1 G4:1 | Ab4:3 G4:1 | F4:2 Ab4:1 C5:1 | B4:2.5 -:1.5 | G4:1.5 C5:.5 Eb5:2 | Eb5:1 D5:1 C5:2 | Db5:1.5 F5:.5 Ab5:2 | G5:2.25',
      )
      score.play(theme, (pitch, length) => brass([pitch, pitch / 2], length, random, { force: 0.65 }), {
        gain: 0.3,
        pan: -0.1,
        room: 0.5,
      })
      score.play(
        theme,
        (pitch, length) => strings([pitch * 2, pitch], length, random, { force: 0.8, attackS: 0.06 }),
        { gain: 0.17, pan: 0.15, room: 0.5 },
      )
      score.add(crash(random), 0, { gain: 0.2, pan: 0.4, room: 0.3 })
      score.add(crash(random), 16, { gain: 0.22, pan: -0.4, room: 0.3 })
      score.add(cymbalSwell(random, score.seconds(3.2)), 12.8, { gain: 0.15, room: 0.4 })
      for (const beat of [28, 29.5, 30.25])
        score.add(timpani(hz('G2'), random), beat, { gain: 0.35, room: 0.4 })
      return score.finish()
    },
  },
}

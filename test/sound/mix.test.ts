/** The mixer, by ear: tones go in, and windows of what comes out are measured. */
import t, { type Test } from 'tap'
import { noise, randomFrom } from '../../core/sound/random.ts'
import { scale } from '../../core/sound/signal.ts'
import { mix } from '../../worker/sound/mix.ts'
import { tempDir } from '../compose/fixtures.ts'
import { asSource, collect, input, levelDb, RATE, steepest, tone } from './hearing.ts'

const dir = await tempDir(t)
const low = await asSource(dir, tone(300, 10))
const high = await asSource(dir, tone(1_500, 10))
const FULL = levelDb(tone(300, 1), 0, 1)
const render = (inputs: Parameters<typeof mix>[0], seconds: number) =>
  collect(mix(inputs, Math.round(seconds * RATE)))

const near = (t: Test, found: number, wanted: number, what: string, within = 0.3): void =>
  void t.ok(
    Math.abs(found - wanted) <= within,
    `${what}: ${found.toFixed(2)} dB, wanted ${wanted.toFixed(2)}`,
  )

t.test('a sound is heard where it was placed, at its volume, and nowhere else', async (t) => {
  const film = await render([input(low, { start: 0.7, length: 1, gain: 0.5 })], 3)
  t.equal(film.left.length, 3 * RATE, 'as long as the film')
  t.equal(levelDb(film, 0, 0.7), Number.NEGATIVE_INFINITY)
  near(t, levelDb(film, 0.7, 1.7), FULL - 6.02, 'within')
  t.equal(levelDb(film, 1.7, 3), Number.NEGATIVE_INFINITY)
})

t.test('a sound that begins in its middle is that sound from there on, to the sample', async (t) => {
  const rising = {
    left: Float32Array.from({ length: RATE }, (_, i) => i / RATE),
    right: new Float32Array(RATE),
  }
  const film = await render([input(await asSource(dir, rising), { start: 0.25, skip: 0.5, length: 0.25 })], 1)
  t.equal(film.left[RATE / 4 - 1], 0)
  t.equal(film.left[RATE / 4], 0.5)
  t.equal(film.left[RATE / 4 + 100], Math.fround((RATE / 2 + 100) / RATE))
  t.equal(film.left[RATE / 2], 0)
})

t.test('while somebody speaks, music and ambience are 9 dB lower, and they alone', async (t) => {
  for (const lane of ['music', 'ambient', 'sfx', 'transition'] as const) {
    const film = await render(
      [input(low, { lane, length: 10 }), input(high, { lane: 'dialogue', start: 3, length: 2 })],
      10,
    )
    const ducked = lane === 'music' || lane === 'ambient' ? 9 : 0
    near(t, levelDb(film, 1, 2, 300), FULL, `${lane} before`)
    near(t, levelDb(film, 3.1, 4.9, 300), FULL - ducked, `${lane} under speech`)
    near(t, levelDb(film, 6, 9, 300), FULL, `${lane} after`)
    near(t, levelDb(film, 3.1, 4.9, 1_500), FULL, `speech over ${lane}`)
  }
})

t.test('lines that follow each other closely are one: music does not come up for a breath', async (t) => {
  const lines = [1, 2.5].map((start) => input(high, { lane: 'dialogue', start, length: 1 }))
  const film = await render([input(low, { lane: 'music', length: 8 }), ...lines], 8)
  near(t, levelDb(film, 2.05, 2.45, 300), FULL - 9, 'between the lines')
})

t.test('two beds cross over at one loudness', async (t) => {
  const fade = { samples: RATE, curve: 'power' } as const
  const film = await render(
    [
      input(low, { lane: 'music', length: 3, fadeOut: fade }),
      input(high, { lane: 'music', start: 2, length: 3, fadeIn: fade }),
    ],
    5,
  )
  for (const at of [1.5, 2.2, 2.5, 2.8, 3.5])
    near(t, levelDb(film, at - 0.05, at + 0.05), FULL, `at ${at} s`, 0.6)
  near(t, levelDb(film, 2.45, 2.55, 300), FULL - 3, 'half way each has half of the power')
})

t.test('a bed that changes its volume over a join does so without a bump', async (t) => {
  const fade = { samples: RATE, curve: 'linear' } as const
  const film = await render(
    [
      input(low, { lane: 'music', length: 3, fadeOut: fade }),
      input(low, { lane: 'music', start: 2, skip: 2, length: 3, fadeIn: fade, gain: 0.5 }),
    ],
    5,
  )
  near(t, levelDb(film, 2.45, 2.55), FULL + 20 * Math.log10(0.75), 'half way', 0.1)
  t.ok(steepest(film, 1.9, 3.1) <= steepest(film, 0.5, 1) * 1.01, 'it is one sound')
})

t.test('a loop is heard without a seam', async (t) => {
  const hiss = scale(noise(RATE, randomFrom('hiss')), 0.25)
  const file = await asSource(dir, { left: hiss, right: hiss.slice() })
  const film = await render([input(file, { length: 6, loopOverlap: 2_400 })], 6)
  const whole = levelDb(film, 0, 6)
  for (let at = 0; at < 5.9; at += 0.05)
    near(t, levelDb(film, at, at + 0.05), whole, `at ${at.toFixed(2)} s`, 1)
})

t.test('even the shortest loop lasts', async (t) => {
  const tiny = await asSource(dir, {
    left: new Float32Array(2).fill(0.5),
    right: new Float32Array(2).fill(0.5),
  })
  const film = await render([input(tiny, { length: 2, loopOverlap: 1 })], 2)
  t.ok(film.left.every((sample) => sample > 0.4 && sample < 0.8))
})

t.test('fades come and go on a slope, and a cut does not click', async (t) => {
  const fades = {
    fadeIn: { samples: RATE, curve: 'power' },
    fadeOut: { samples: RATE, curve: 'power' },
  } as const
  const film = await render([input(low, { length: 4, ...fades })], 4)
  near(t, levelDb(film, 0.49, 0.51), FULL - 3, 'half way in', 0.5)
  near(t, levelDb(film, 3.49, 3.51), FULL - 3, 'half way out', 0.5)
  const ramp = { samples: 960, curve: 'power' } as const
  const short = await render(
    [input(low, { start: 0.5, length: 1.0013, skip: 0.0008, fadeIn: ramp, fadeOut: ramp })],
    2,
  )
  t.ok(steepest(short, 0, 2) <= steepest(tone(300, 1), 0, 1) * 1.05)
})

t.test('thousands of sounds, one after the other', async (t) => {
  const file = await asSource(dir, tone(500, 0.05))
  const inputs = Array.from({ length: 3_000 }, (_, i) => input(file, { start: i * 0.05 }))
  const film = await render(inputs, 150)
  near(t, levelDb(film, 0, 150), FULL, 'all of them')
})

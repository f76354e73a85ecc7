/** The parts that sounds are made of, where a mistake would be heard but not be seen. */
import { t } from 'tap'
import { glide, line, shape, strike, swell, wave } from '../../core/sound/curve.ts'
import { around, bandpass, highpass, lowpass, sweep, through } from '../../core/sound/filters.ts'
import { harp, pizzicato } from '../../core/sound/instruments/plucked.ts'
import { integratedLoudness, momentaryLoudness, toDb, truePeak } from '../../core/sound/loudness.ts'
import { addMode, addSaw, addSine } from '../../core/sound/oscillators.ts'
import { chord, hz, tune } from '../../core/sound/pitch.ts'
import { noise, randomFrom } from '../../core/sound/random.ts'
import { ROOMS, reverberate } from '../../core/sound/reverb.ts'
import { buffer, createCanvas, type Mono, place, RATE } from '../../core/sound/signal.ts'
import { takes } from '../../core/sound/takes.ts'
import { share, spectrum } from './spectrum.ts'

const about = (t: Tap, found: number, wanted: number, by: number, what: string): void =>
  void t.ok(Math.abs(found - wanted) <= by, `${what}: ${found.toFixed(3)} for ${wanted}`)
type Tap = { ok(value: unknown, what: string): boolean }

const sine = (seconds: number, frequency: number, db: number, phase = 0): Mono => {
  const out = buffer(seconds)
  addSine(out, frequency, 10 ** (db / 20), phase)
  return out
}
const rms = (sound: Mono): number => Math.sqrt(sound.reduce((sum, x) => sum + x * x, 0) / sound.length)

t.test('loudness is that of the reference signals', async (t) => {
  const both = (sound: Mono) => ({ left: sound, right: sound })
  // EBU Tech 3341: a stereo tone of 1 kHz at -23 dBFS reads -23 LUFS; in one channel 3 dB less.
  about(t, integratedLoudness(both(sine(5, 1_000, -23))), -23, 0.1, 'a tone')
  about(t, integratedLoudness(both(sine(5, 1_000, -33))), -33, 0.1, 'a softer tone')
  about(t, integratedLoudness({ left: sine(5, 1_000, -20), right: buffer(5) }), -23, 0.1, 'in one channel')
  const tone = sine(20, 1_000, -23)
  tone.fill(0, 10 * RATE)
  about(t, integratedLoudness(both(tone)), -23, 0.1, 'silence does not count')
  about(t, momentaryLoudness(both(tone)), -23, 0.1, 'nor does it in the loudest moment')
  t.ok(integratedLoudness(both(sine(5, 40, -23))) < -28, 'the ear is dull to low tones')
  t.equal(integratedLoudness(both(buffer(1))), Number.NEGATIVE_INFINITY, 'silence')
  // Tech 3341: a quarter of the sample rate, sampled beside its peaks.
  const between = sine(0.5, RATE / 4, -6, 1 / 8)
  about(t, toDb(Math.max(...between.map(Math.abs))), -9.01, 0.01, 'what the samples show')
  about(t, toDb(truePeak(both(between))), -6, 0.3, 'what lies between them')
})

t.test('filters pass what they are to pass', async (t) => {
  const level = (frequency: number, make: () => (sound: Mono) => void): number =>
    toDb(rms(through(sine(0.5, frequency, 0), make()).subarray(RATE / 4)) * Math.SQRT2)
  about(
    t,
    level(100, () => lowpass(1_000)),
    0,
    0.1,
    'low through a low-pass',
  )
  about(
    t,
    level(1_000, () => lowpass(1_000)),
    -3,
    0.1,
    'its corner',
  )
  about(
    t,
    level(10_000, () => lowpass(1_000)),
    -40,
    3,
    'high through a low-pass',
  )
  about(
    t,
    level(100, () => highpass(1_000)),
    -40,
    1,
    'low through a high-pass',
  )
  about(
    t,
    level(1_000, () => bandpass(1_000, 4)),
    0,
    0.1,
    'the middle of a band',
  )
  t.ok(level(4_000, () => bandpass(1_000, 4)) < -20, 'far from the middle')
  about(
    t,
    level(1_000, () => sweep('band', () => 1_000, 4)),
    0,
    0.1,
    'a band that may move',
  )
  about(
    t,
    level(100, () => sweep('low', () => 1_000)),
    0,
    0.1,
    'a low-pass that may move',
  )
  const fast = through(
    noise(RATE, randomFrom('sweep')),
    sweep('low', (at) => 200 + 18_000 * ((at * 50) % 1), 5),
  )
  t.ok(
    fast.every((x) => Math.abs(x) < 20),
    'however fast it moves, it stays in bounds',
  )
})

t.test('a loop carries its own trace at its beginning', async (t) => {
  const loop = noise(RATE, randomFrom('loop'))
  const twice = new Float32Array(2 * RATE)
  twice.set(loop)
  twice.set(loop, RATE)
  const filtered = around(loop.slice(), 0.5, lowpass(300), highpass(60))
  const second = through(twice, lowpass(300), highpass(60)).subarray(RATE)
  t.ok(
    filtered.every((x, i) => Math.abs(x - second[i]!) < 1e-4),
    'as if it had been played before',
  )
  const canvas = createCanvas(1, true)
  place(canvas, new Float32Array([1, 2, 3]), { at: 1 - 2 / RATE })
  t.strictSame([...canvas.left.subarray(-2), canvas.left[0]], [1, 2, 3], 'what runs over the end goes on')
  const once = createCanvas(1, false)
  place(once, new Float32Array([1, 2, 3]), { at: 1 - 2 / RATE })
  t.strictSame([...once.left.subarray(-2), once.left[0]], [1, 2, 0], 'or is cut')
  place(once, new Float32Array([1, 2, 3]), { at: -1 / RATE })
  t.strictSame([...once.left.subarray(0, 3)], [2, 3, 0], 'also at the beginning')
  const left = createCanvas(0.01, false)
  place(left, new Float32Array([1]), { pan: -1 })
  t.ok(left.left[0]! > 0.9 && left.right[0]! < 1e-6, 'left is left')
})

t.test('a room dies away in its time, without colour of one tone', async (t) => {
  const click = { left: buffer(4), right: buffer(4) }
  click.left[0] = 1
  click.right[0] = 1
  const { left, right } = reverberate(click, { ...ROOMS.hall, brightness: 1 })
  const at = (seconds: number): number => toDb(rms(left.subarray(seconds * RATE, (seconds + 0.2) * RATE)))
  about(t, at(0.3) - at(1.5), 60 * (1.2 / ROOMS.hall.seconds), 4, 'fall in 1.2 s')
  t.ok(at(3.5) < at(0.3) - 60, 'and then it is gone')
  let both = 0
  left.forEach((x, i) => {
    both += x * right[i]!
  })
  t.ok(Math.abs(both / (rms(left) * rms(right) * left.length)) < 0.3, 'the sides hear different echoes')
})

t.test('notes are where they belong', async (t) => {
  about(t, hz('A4'), 440, 0, 'A4')
  about(t, hz('C4'), 261.626, 0.001, 'C4')
  t.equal(hz('Bb3'), hz('A#3'))
  t.equal(chord('C4 E4 G4').length, 3)
  t.throws(() => hz('H4'), { message: /no note: H4/ })
  t.strictSame(tune('A4:1 -:.5 | A3:1.5', 2), [
    { hz: 440, beat: 2, beats: 1 },
    { hz: 220, beat: 3.5, beats: 1.5 },
  ])
  for (const name of ['C2', 'A3', 'F5']) {
    for (const pluck of [
      (pitch: number) => harp(pitch, 1, randomFrom(name)),
      (pitch: number) => pizzicato(pitch, randomFrom(name)),
    ]) {
      const power = spectrum(pluck(hz(name)).subarray(2_400, 2_400 + 16_384), 16_384)
      const harmonics = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => n * hz(name))
      const near = harmonics.reduce((sum, tone) => sum + share(power, tone * 0.985, tone * 1.015), 0)
      t.ok(near > 0.5, `a plucked ${name} is in tune: ${near.toFixed(2)} of it`)
    }
  }
  const saw = buffer(0.5)
  addSaw(saw, 4_001)
  t.ok(share(spectrum(saw, 8_192), 100, 3_900) < 0.001, 'a high saw does not fold back into low tones')
})

t.test('courses go through their points', async (t) => {
  const ramp = line([0, 0], [1, 10], [2, 10])
  t.strictSame([-1, 0, 0.5, 1.5, 9].map(ramp), [0, 0, 5, 10, 10])
  about(t, glide([0, 100], [1, 400])(0.5), 200, 1e-9, 'half of two octaves')
  const edge = swell(1, 0.2, 0.3)
  t.strictSame([0, 0.5, 1].map(edge), [0, 1, 0])
  const turns = wave(2, 4, 3, 5)
  about(t, turns(5), turns(0), 1e-9, 'a wave closes')
  const shaped = shape(new Float32Array(RATE).fill(1), line([0, 0], [1, 1]))
  about(t, shaped[RATE / 2]!, 0.5, 0.001, 'a shape')
  const struck = strike(new Float32Array(RATE).fill(1), 0.001, 0.5)
  about(t, toDb(struck[Math.round(0.501 * RATE)]!), -60, 0.2, 'a stroke dies away')
  const mode = buffer(1)
  addMode(mode, 1_000, 1, 0.5)
  about(t, toDb(rms(mode.subarray(0.4 * RATE, 0.42 * RATE)) * Math.SQRT2), -49.2, 0.5, 'so does a vibration')
})

t.test('takes come in turn, each made once', async (t) => {
  let made = 0
  const played = takes((name: string) => `${name}${made++}`, 2)
  t.strictSame(
    [played('a'), played('a'), played('a'), played('b'), played('a')],
    ['a0', 'a1', 'a0', 'b2', 'a1'],
  )
})

import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { lchOf, mix } from '../../comfyui/preview/board/colour.ts'
import { type Mood, moodOf } from '../../comfyui/preview/board/mood.ts'
import { sceneryOf } from '../../comfyui/preview/board/scenery.ts'
import { stageFor } from '../../comfyui/preview/board/stage.ts'
import * as words from '../../comfyui/preview/board/words.ts'

t.test('words decide time, light, place, weather and move', (t) => {
  const rows: [string, Partial<Mood>][] = [
    ['A lighthouse on the coast at dusk', { time: 'dusk', place: 'sea' }],
    [
      'Neon city street at night in the rain',
      { time: 'night', light: 'neon', place: 'city', weather: 'rain' },
    ],
    ['Mist between the pines at dawn', { time: 'dawn', light: 'fog', place: 'forest' }],
    ['Golden light in the kitchen', { time: 'golden', place: 'interior' }],
    ['Close-up of a candle', { light: 'fire', time: 'night', move: 'push' }],
    ['Step out on @stage before the crowd', { place: 'stage', move: 'push' }],
    ['The camera pans over dunes at noon', { place: 'desert', time: 'day', move: 'right' }],
    ['Snow on the summit', { place: 'mountain', weather: 'snow' }],
    ['Understated cityscape-like seashell', { place: 'open' }],
    ['', { place: 'open', light: 'none', weather: 'clear' }],
  ]
  for (const [prompt, wanted] of rows) t.match(moodOf(prompt, 1), wanted, prompt)
  t.end()
})

t.test('equal prompts and seeds give equal moods, other seeds other ones', (t) => {
  const prompt = 'A caravan crosses the plain'
  t.same(moodOf(prompt, 7), moodOf(prompt, 7))
  const seen = new Set(Array.from({ length: 20 }, (_, seed) => JSON.stringify(moodOf(prompt, seed))))
  t.equal(seen.size, 20)
  t.end()
})

t.test('colour words colour the light', (t) => {
  const hue = (prompt: string): number => lchOf(moodOf(prompt, 3).glow.colour).h
  const near = (a: number, b: number): boolean => Math.abs(((a - b + 540) % 360) - 180) < 50
  t.ok(near(hue('A red, red, crimson sign at night'), lchOf('#ff4b3e').h))
  t.ok(near(hue('A teal sign at night'), lchOf('#3fc9b6').h))
  t.end()
})

t.test('whatever the prompt, marks are bright, the ground is dark and positions lie in the picture', (t) => {
  const prompts = [...words.TIMES, ...words.LIGHTS, ...words.PLACES, ...words.COLOURS].flatMap(([, list]) =>
    list.split(' ').map((word) => `A ${word.replaceAll('-', ' ')} scene`),
  )
  for (const prompt of prompts) {
    for (const seed of [0, 1, 2_147_483_647]) {
      const mood = moodOf(prompt, seed)
      t.ok(lchOf(mood.accent).l > 0.72, `${prompt}: accent ${mood.accent}`)
      t.ok(lchOf(mood.ground).l < 0.3, `${prompt}: ground ${mood.ground}`)
      t.ok(mood.glow.x > 0 && mood.glow.x < 1 && mood.glow.y > -0.1 && mood.glow.y < 1, prompt)
      t.match(
        [mood.sky.top, mood.sky.middle, mood.sky.low, mood.symbol],
        Array(4).fill(/^#[0-9a-f]{6}$/),
        prompt,
      )
    }
  }
  t.end()
})

t.test('every word of the tables is found, whatever stands before it in its table', (t) => {
  for (const table of [words.TIMES, words.LIGHTS, words.PLACES, words.WEATHERS, words.MOVES, words.COLOURS]) {
    for (const [, list] of table) for (const word of list.split(' ')) t.match(word, /^[\p{L}-]+$/u)
  }
  t.end()
})

t.test('sceneries are whole SVG: no NaN, no text of the prompt', (t) => {
  for (const place of words.PLACES.map(([name]) => name)) {
    for (const [width, height] of [
      [1280, 720],
      [720, 1280],
      [480, 480],
    ] as const) {
      const mood = { ...moodOf(`<svg> "${place}"`, 5), place }
      const { defs, behind, far, near } = sceneryOf(mood, 5, stageFor(width, height))
      t.notMatch(defs + behind + far + near, /NaN|Infinity|undefined|&lt;|e-\d/, place)
    }
  }
  t.end()
})

t.test('mixing keeps its ends', (t) => {
  t.equal(mix('#203040', '#c9643f', 0), '#203040')
  t.equal(mix('#203040', '#c9643f', 1), '#c9643f')
  t.end()
})

t.test('no module of the board reads the clock or rolls dice of its own', (t) => {
  for (const name of readdirSync(new URL('../../comfyui/preview/board/', import.meta.url))) {
    const source = readFileSync(new URL(`../../comfyui/preview/board/${name}`, import.meta.url), 'utf8')
    t.notMatch(source, /Math\.random|Date\.now|new Date/, name)
  }
  t.end()
})

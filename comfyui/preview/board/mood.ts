import type { Move } from '../../../core/media/camera.ts'
import { adjust, lchOf, mix } from './colour.ts'
import { type Random, randomFrom } from './random.ts'
import {
  COLOURS,
  LIGHTS,
  type Light,
  MOVES,
  PLACES,
  type Place,
  type Table,
  TIMES,
  type Time,
  WEATHERS,
  type Weather,
} from './words.ts'

/** Everything a board's picture is made of. Colours are `#rrggbb`; positions are fractions of the picture. */
export type Mood = {
  readonly time: Time
  readonly light: Light
  readonly place: Place
  readonly weather: Weather
  readonly move: Move
  readonly sky: { readonly top: string; readonly middle: string; readonly low: string }
  /** The light of the scene: sun, moon, lamp or beam. */
  readonly glow: {
    readonly colour: string
    readonly x: number
    readonly y: number
    readonly strength: number
  }
  /** Haze that lifts what is far; ground is the darkest foreground. */
  readonly haze: string
  readonly ground: string
  /** Warm or cool mark of the board: label, progress. `symbol` is its counterpart, for @names. */
  readonly accent: string
  readonly symbol: string
}

type Palette = { top: string; middle: string; low: string; glow: string; strength: number; glowY: number }

const BY_TIME: Readonly<Record<Time, Palette>> = {
  dawn: { top: '#1b2747', middle: '#5a4a72', low: '#e08f7c', glow: '#ffcf9f', strength: 0.85, glowY: 0.56 },
  day: { top: '#1d4a6e', middle: '#4f8fae', low: '#b9d7d6', glow: '#fff0cf', strength: 0.6, glowY: 0.24 },
  golden: { top: '#232d44', middle: '#7a4a45', low: '#e2883f', glow: '#ffc56b', strength: 0.95, glowY: 0.5 },
  dusk: { top: '#11183a', middle: '#35305f', low: '#b5607a', glow: '#ff9d73', strength: 0.7, glowY: 0.58 },
  night: { top: '#050914', middle: '#0e1b30', low: '#203a58', glow: '#a9c6f2', strength: 0.5, glowY: 0.24 },
}

const BY_LIGHT: Readonly<Partial<Record<Light, Partial<Palette>>>> = {
  neon: { top: '#090616', middle: '#1c0f3d', low: '#3d1767', glow: '#ff4fa3', strength: 0.85, glowY: 0.46 },
  fire: { top: '#0d0706', middle: '#2b150c', low: '#67300f', glow: '#ffac4d', strength: 0.95, glowY: 0.52 },
  storm: { top: '#0f161d', middle: '#26333d', low: '#55666f', glow: '#b8d0da', strength: 0.45, glowY: 0.3 },
}

const BY_PLACE: Readonly<Partial<Record<Place, Partial<Palette>>>> = {
  space: { top: '#04050d', middle: '#0d0f26', low: '#241a44', glow: '#8fb4ff', strength: 0.7, glowY: 0.36 },
  underwater: {
    top: '#2a8a9b',
    middle: '#0d5069',
    low: '#052436',
    glow: '#b6f3ea',
    strength: 0.7,
    glowY: 0.02,
  },
  stage: { top: '#05051a', middle: '#171140', low: '#4a2466', glow: '#ffb46b', strength: 0.62, glowY: 0.64 },
  interior: {
    top: '#14100e',
    middle: '#2e241d',
    low: '#4d3b2c',
    glow: '#ffdca8',
    strength: 0.8,
    glowY: 0.34,
  },
}

/** Chosen by the seed when the words name no time of day. */
const UNNAMED: readonly Time[] = ['golden', 'dusk', 'dawn', 'night', 'golden']

/**
 * Reads a mood from the words of a prompt: time of day, light, place, weather, camera move and colours. What the words
 * leave open is decided by the seed. Pure: equal arguments give an equal mood.
 */
export function moodOf(prompt: string, seed: number): Mood {
  const text = ` ${prompt
    .toLowerCase()
    .slice(0, 2_000)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')} `
  const random = randomFrom('mood', prompt, seed)
  const namedTime = firstNamed(TIMES, text)
  const light = firstNamed(LIGHTS, text) ?? 'none'
  const place = firstNamed(PLACES, text) ?? 'open'
  const weather = firstNamed(WEATHERS, text) ?? 'clear'
  const move = firstNamed(MOVES, text) ?? random.pick<Move>(['push', 'right', 'left', 'push', 'pull'])
  const time =
    namedTime ?? (light === 'neon' || light === 'moon' || light === 'fire' ? 'night' : random.pick(UNNAMED))

  let palette: Palette = { ...BY_TIME[time], ...BY_LIGHT[light] }
  // Lanterns on a named evening light that evening; they do not turn its sky brown.
  if (light === 'fire' && namedTime && place !== 'interior') {
    palette = { ...BY_TIME[time], glow: mix(BY_TIME[time].glow, BY_LIGHT.fire!.glow!, 0.6), strength: 0.75 }
  }
  const roomed = BY_PLACE[place]
  // A place with light of its own (a stage, the sea bed) keeps it, whatever the hour; a named hour still tints a room.
  if (roomed)
    palette = place === 'interior' ? interior(palette, roomed, namedTime, light) : { ...palette, ...roomed }
  if (light === 'neon' && place === 'stage') palette = { ...palette, glow: '#ff4fa3' }
  palette = tinted(palette, coloursNamed(text), weather)
  return assemble(palette, { time, light, place, weather, move }, random)
}

type Named = Pick<Mood, 'time' | 'light' | 'place' | 'weather' | 'move'>

function assemble(palette: Palette, named: Named, random: Random): Mood {
  const turn = random.between(-9, 9)
  const [top, middle, low] = [palette.top, palette.middle, palette.low].map((hex) =>
    adjust(hex, { turn }),
  ) as [string, string, string]
  const glowColour = adjust(palette.glow, { turn: turn / 2 })
  const foggy = named.light === 'fog'
  const ground = adjust(mix(top, '#05070b', 0.62), { scaleL: 0.8 })
  return {
    ...named,
    sky: { top, middle: foggy ? mix(middle, low, 0.45) : middle, low },
    glow: {
      colour: glowColour,
      // Right of the middle by preference: the words begin on the left.
      x:
        random.next() < 0.8 || named.place === 'interior'
          ? random.between(0.6, 0.78)
          : random.between(0.24, 0.4),
      y: palette.glowY + random.between(-0.04, 0.04),
      strength: palette.strength * (foggy ? 0.75 : 1),
    },
    haze: mix(low, middle, foggy ? 0.25 : 0.55),
    ground,
    ...marks(glowColour),
  }
}

/** Mark colours bright enough to read on the dark foot of any board. */
function marks(glow: string): { accent: string; symbol: string } {
  const { c, h } = lchOf(glow)
  const accent = adjust(glow, { l: 0.81, scaleC: c < 0.05 ? 1.6 : Math.min(1.6, 0.12 / c) })
  const warm = h < 125 || h > 320
  return { accent: c < 0.02 ? '#f2b36b' : accent, symbol: warm || c < 0.02 ? '#93c4ff' : '#ffc58c' }
}

function interior(palette: Palette, room: Partial<Palette>, time: Time | undefined, light: Light): Palette {
  const base = { ...palette, ...room }
  if (light === 'neon' || light === 'fire') return { ...palette, glowY: base.glowY }
  if (!time) return base
  const tint = (inside: string, outside: string): string => mix(inside, outside, 0.35)
  return {
    ...base,
    top: tint(base.top, palette.top),
    middle: tint(base.middle, palette.middle),
    low: tint(base.low, palette.low),
    glow: time === 'day' ? base.glow : palette.glow,
  }
}

function tinted(palette: Palette, colours: readonly string[], weather: Weather): Palette {
  let out = palette
  if (weather === 'snow') {
    out = { ...out, middle: mix(out.middle, '#8fa6bd', 0.35), low: mix(out.low, '#c9d6e2', 0.45) }
  }
  if (weather === 'rain') out = { ...out, low: adjust(out.low, { scaleC: 0.7, scaleL: 0.85 }) }
  const [first, second] = colours
  if (first)
    out = { ...out, glow: mix(out.glow, first, 0.6), low: mix(out.low, adjust(first, { scaleL: 0.6 }), 0.4) }
  if (second) out = { ...out, middle: mix(out.middle, adjust(second, { scaleL: 0.45 }), 0.4) }
  return out
}

const patterns = new Map<string, RegExp>()

function occurs(words: string, text: string): number {
  let pattern = patterns.get(words)
  if (!pattern) {
    pattern = new RegExp(
      ` (?:${words
        .split(' ')
        .map((word) => word.replaceAll('-', ' '))
        .join('|')}) `,
      'u',
    )
    patterns.set(words, pattern)
  }
  return text.search(pattern)
}

const firstNamed = <T>(table: Table<T>, text: string): T | undefined =>
  table.find(([, words]) => occurs(words, text) >= 0)?.[0]

/** Colours in the order in which the prompt names them, at most two. */
const coloursNamed = (text: string): string[] =>
  COLOURS.map(([colour, words]) => ({ colour, at: occurs(words, text) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)
    .slice(0, 2)
    .map(({ colour }) => colour)

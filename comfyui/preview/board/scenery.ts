import type { Brush, Place } from './brush.ts'
import { city, interior, theatre } from './buildings.ts'
import { mix } from './colour.ts'
import { dunes, forest, hills, peaks, sea, space, underwater } from './landscapes.ts'
import type { Mood } from './mood.ts'
import { randomFrom } from './random.ts'
import { blob, fmt } from './shapes.ts'
import type { Stage } from './stage.ts'

/** SVG fragments by depth. Nothing in here comes from the user but numbers derived from a seed. */
export type Scenery = {
  readonly defs: string
  readonly behind: string
  readonly far: string
  readonly near: string
}

/** Draws the place and the weather of a mood: what stands far, what stands near, and what is in the air. */
export function sceneryOf(mood: Mood, seed: number, stage: Stage): Scenery {
  const brush: Brush = { mood, stage, random: randomFrom('scenery', mood.place, seed) }
  const place = PLACES[mood.place](brush)
  const behind = stars(brush) + disc(brush) + clouds(brush) + place.behind
  return {
    defs: gradients(brush),
    behind,
    far: place.far + fogBank(brush),
    near: place.near + inTheAir(brush),
  }
}

const PLACES: Readonly<Record<Mood['place'], (brush: Brush) => Place>> = {
  open: (b) => ({ behind: '', far: hills(b, 0.66, 2, 0.05), near: hills(b, 0.83, 1, 0.07, true) }),
  mountain: (b) => ({ behind: '', far: peaks(b), near: hills(b, 0.84, 1, 0.08, true) }),
  desert: (b) => ({ behind: '', far: dunes(b, 0.64, 3), near: dunes(b, 0.84, 1) }),
  sea,
  city,
  forest,
  interior,
  stage: theatre,
  space,
  underwater,
}

function gradients({ mood, stage }: Brush): string {
  const [gx, gy, r] = [stage.x(mood.glow.x), stage.y(mood.glow.y), stage.size(0.75)]
  const stop = (at: number, colour: string, alpha: number): string =>
    `<stop offset="${at}" stop-color="${colour}" stop-opacity="${alpha}"/>`
  return [
    `<radialGradient id="lit" gradientUnits="userSpaceOnUse" cx="${fmt(gx)}" cy="${fmt(gy)}" r="${fmt(r)}">`,
    `${stop(0, mood.glow.colour, 0.75)}${stop(0.5, mood.glow.colour, 0.2)}${stop(1, mood.glow.colour, 0)}</radialGradient>`,
    `<linearGradient id="beam" x1="0" y1="0" x2="0" y2="1">${stop(0, mood.glow.colour, 0.5)}${stop(0.75, mood.glow.colour, 0.06)}${stop(1, mood.glow.colour, 0)}</linearGradient>`,
    `<radialGradient id="puff">${stop(0, mood.glow.colour, 0.9)}${stop(0.55, mood.glow.colour, 0.35)}${stop(1, mood.glow.colour, 0)}</radialGradient>`,
    `<radialGradient id="cloud">${stop(0, mix(mood.haze, mood.glow.colour, 0.3), 0.5)}${stop(1, mood.haze, 0)}</radialGradient>`,
    `<radialGradient id="mist">${stop(0, mix(mood.sky.low, '#ffffff', 0.12), 0.6)}${stop(1, mood.sky.low, 0)}</radialGradient>`,
  ].join('')
}

const outdoors = (mood: Mood): boolean => !['interior', 'stage', 'underwater'].includes(mood.place)

function stars({ mood, stage, random }: Brush): string {
  const dark =
    mood.time === 'night' && mood.light !== 'storm' && mood.light !== 'fog' && mood.weather !== 'rain'
  if (mood.place !== 'space' && !(dark && outdoors(mood))) return ''
  const count = mood.place === 'space' ? 260 : 110
  let out = ''
  for (let i = 0; i < count; i += 1) {
    const bright = random.next() ** 4
    const [x, y] = [
      random.between(0, stage.width),
      random.between(0, stage.height * (mood.place === 'space' ? 1 : 0.6)),
    ]
    out += `<circle cx="${fmt(x)}" cy="${fmt(y)}" r="${fmt(0.5 + 0.9 * bright)}" fill="#fff" fill-opacity="${fmt(0.16 + 0.75 * bright)}"/>`
  }
  return out
}

/** The sun or the moon itself, where the sky shows one. */
function disc({ mood, stage }: Brush): string {
  if (!outdoors(mood) || mood.place === 'space' || mood.light === 'neon' || mood.light === 'storm') return ''
  if (mood.light === 'fire' || mood.weather === 'rain' || mood.time === 'day') return ''
  const [x, y] = [stage.x(mood.glow.x), stage.y(mood.glow.y)]
  const r = stage.size(mood.time === 'night' ? 0.045 : 0.075)
  const colour = mix(mood.glow.colour, '#ffffff', mood.time === 'night' ? 0.75 : 0.55)
  const alpha = mood.light === 'fog' ? 0.5 : 0.92
  return `<circle cx="${fmt(x)}" cy="${fmt(y)}" r="${fmt(r)}" fill="${colour}" fill-opacity="${alpha}"/>`
}

function clouds({ mood, stage, random }: Brush): string {
  if (!outdoors(mood) || mood.place === 'space' || mood.time === 'night') return ''
  const heavy = mood.light === 'storm' || mood.weather === 'rain'
  let out = ''
  for (let i = 0; i < (heavy ? 16 : 8); i += 1) {
    const [x, y] = [random.between(-0.1, 1.1), random.between(0.02, heavy ? 0.5 : 0.46)]
    const [rx, ry] = [
      stage.size(random.between(0.3, 0.75)),
      stage.size(random.between(0.018, heavy ? 0.12 : 0.05)),
    ]
    const fill = heavy && random.next() < 0.6 ? mood.sky.top : 'url(#cloud)'
    out += `<ellipse cx="${fmt(stage.x(x))}" cy="${fmt(stage.y(y))}" rx="${fmt(rx)}" ry="${fmt(ry)}" fill="${fill}" fill-opacity="${heavy ? 0.42 : 0.75}" filter="url(#soft)"/>`
  }
  return out
}

function fogBank({ mood, stage, random }: Brush): string {
  if (mood.light !== 'fog' && !(mood.time === 'dawn' && outdoors(mood)) && mood.weather !== 'rain') return ''
  const strength = mood.light === 'fog' ? 0.85 : 0.4
  let out = ''
  for (let i = 0; i < 6; i += 1) {
    out += `<ellipse cx="${fmt(stage.x(random.between(-0.1, 1.1)))}" cy="${fmt(stage.y(random.between(0.6, 0.86)))}" rx="${fmt(stage.size(random.between(0.5, 1)))}" ry="${fmt(stage.size(random.between(0.05, 0.12)))}" fill="url(#mist)" opacity="${strength}"/>`
  }
  return out
}

function inTheAir({ mood, stage, random }: Brush): string {
  let out = ''
  if (mood.weather === 'rain') {
    for (let i = 0; i < 150; i += 1) {
      const [x, y, l] = [
        random.between(0, stage.width),
        random.between(-20, stage.height),
        stage.size(random.between(0.04, 0.1)),
      ]
      out += `<path d="M${fmt(x)} ${fmt(y)}l${fmt(-l * 0.16)} ${fmt(l)}" stroke="#dbe8f2" stroke-opacity="${fmt(random.between(0.05, 0.2))}" stroke-width="${fmt(random.between(0.5, 1.1))}"/>`
    }
  } else if (mood.weather === 'snow') {
    for (let i = 0; i < 120; i += 1) out += blob(stage, random, 0.003, 0.012, '#ffffff', 0.6)
  } else {
    // Motes that catch the light: they tell the eye that the camera moves.
    const count = mood.weather === 'dust' || mood.light === 'fire' ? 44 : 18
    for (let i = 0; i < count; i += 1) out += blob(stage, random, 0.003, 0.016, mood.glow.colour, 0.32)
  }
  return out
}

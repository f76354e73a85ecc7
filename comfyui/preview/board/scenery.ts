import { adjust, mix } from './colour.ts'
import type { Mood } from './mood.ts'
import { type Random, randomFrom } from './random.ts'
import { blob, fmt, ridge, shape } from './shapes.ts'
import type { Stage } from './stage.ts'

/** SVG fragments by depth. Nothing in here comes from the user but numbers derived from a seed. */
export type Scenery = {
  readonly defs: string
  readonly behind: string
  readonly far: string
  readonly near: string
}
type Brush = { mood: Mood; stage: Stage; random: Random }

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

type Place = { behind: string; far: string; near: string }

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

/** Colour of something at a distance: 0 near and dark, 1 lost in the haze. */
const distant = ({ mood }: Brush, depth: number): string => mix(mood.ground, mood.haze, depth)

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

function hills(b: Brush, base: number, count: number, height: number, dark = false): string {
  let out = ''
  for (let i = 0; i < count; i += 1) {
    const depth = dark ? 0.04 : 0.55 - (0.38 * i) / Math.max(1, count - 1)
    const line = ridge(b.stage, b.random, base + i * 0.085, height * (1 + i * 0.3), 'smooth')
    out += shape(b.stage, line, distant(b, depth), dark ? 0 : 0.5)
  }
  return out
}

function peaks(b: Brush): string {
  let out = ''
  for (let i = 0; i < 3; i += 1) {
    const line = ridge(b.stage, b.random, 0.6 + i * 0.12, 0.42 - i * 0.13, 'peaks')
    out += shape(b.stage, line, distant(b, 0.68 - i * 0.25), 0.75 - i * 0.2)
  }
  return out
}

function dunes(b: Brush, base: number, count: number): string {
  let out = ''
  for (let i = 0; i < count; i += 1) {
    const line = ridge(b.stage, b.random, base + i * 0.075, 0.07 + i * 0.02, 'dune')
    out += shape(b.stage, line, distant(b, count === 1 ? 0.08 : 0.6 - i * 0.17), 0.7)
  }
  return out
}

function sea(b: Brush): Place {
  const { mood, stage, random } = b
  const horizon = 0.64
  const water = mix(mood.sky.middle, mood.ground, 0.3)
  let far = `<rect x="0" y="${fmt(stage.y(horizon))}" width="${stage.width}" height="${stage.height}" fill="${water}"/>`
  far += `<rect x="0" y="${fmt(stage.y(horizon))}" width="${stage.width}" height="${fmt(stage.size(0.1))}" fill="url(#mist)" opacity="0.5"/>`
  for (let i = 0; i < 150; i += 1) {
    const t = random.next() ** 1.5
    const spread = 0.04 + 0.26 * t
    const x = mood.glow.x + random.between(-spread, spread) * (random.next() < 0.75 ? 0.55 : 1.4)
    const [rx, ry] = [stage.size(0.012 + 0.075 * t * random.next()), stage.size(0.0014 + 0.004 * t)]
    far += `<ellipse cx="${fmt(stage.x(x))}" cy="${fmt(stage.y(horizon + 0.008 + 0.4 * t))}" rx="${fmt(rx)}" ry="${fmt(ry)}" fill="${mood.glow.colour}" fill-opacity="${fmt(0.75 - 0.45 * t)}"/>`
  }
  const headland = ridge(stage, random, horizon - 0.005, 0.09, 'headland')
  far = shape(stage, headland, distant(b, 0.42), 0.5, stage.y(horizon)) + far
  const near = shape(stage, ridge(stage, random, 0.9, 0.03, 'smooth'), distant(b, 0.05), 0)
  return { behind: '', far, near }
}

function city(b: Brush): Place {
  const rows = [0, 1, 2].map((row) => skyline(b, row))
  return { behind: '', far: rows[0]! + rows[1]!, near: rows[2]! }
}

function skyline(b: Brush, row: number): string {
  const { mood, stage, random } = b
  const body = distant(b, 0.6 - row * 0.27)
  const lit = mix(mood.glow.colour, '#ffe2b0', mood.light === 'neon' ? 0.2 : 0.5)
  const neon = [mood.glow.colour, adjust(mood.glow.colour, { turn: -150 }), '#ffd9a0']
  const dusky = mood.time !== 'day' && mood.time !== 'dawn'
  let out = ''
  let windows = ''
  for (let x = -0.2; x < 1.2; ) {
    const width =
      (random.next() < 0.3 ? random.between(0.018, 0.03) : random.between(0.035, 0.075)) * (1 + row * 0.4)
    const top = [0.3, 0.46, 0.74][row]! + [0.34, 0.3, 0.16][row]! * random.next() ** 0.8
    const [px, py, pw] = [stage.x(x), stage.y(top), stage.visibleWidth * width]
    out += `<rect x="${fmt(px)}" y="${fmt(py)}" width="${fmt(pw + 0.6)}" height="${stage.height}" fill="${body}"/>`
    if (random.next() < 0.22) {
      out += `<rect x="${fmt(px + pw * 0.46)}" y="${fmt(py - stage.size(0.06))}" width="${fmt(stage.size(0.004))}" height="${fmt(stage.size(0.07))}" fill="${body}"/>`
    }
    const cell = stage.size(0.02 + row * 0.008)
    for (let wy = py + cell; wy < stage.y(1); wy += cell * 1.35) {
      for (let wx = px + cell * 0.5; wx < px + pw - cell * 0.6; wx += cell) {
        if (random.next() > (dusky ? 0.26 : 0.06)) continue
        const colour = mood.light === 'neon' ? random.pick(neon) : lit
        windows += `<rect x="${fmt(wx)}" y="${fmt(wy)}" width="${fmt(cell * 0.42)}" height="${fmt(cell * 0.6)}" fill="${colour}" fill-opacity="${fmt(random.between(0.35, 1) * (0.6 + row * 0.2))}"/>`
      }
    }
    x += width + (random.next() < 0.3 ? random.between(0.005, 0.03) : 0)
  }
  return (
    out +
    windows +
    (row < 2 ? `<rect width="${stage.width}" height="${stage.height}" fill="url(#lit)" opacity="0.3"/>` : '')
  )
}

function forest(b: Brush): Place {
  const { stage, random } = b
  let far = ''
  for (let row = 0; row < 3; row += 1) {
    const body = distant(b, 0.72 - row * 0.26)
    for (let x = -0.15; x < 1.15; x += random.between(0.02, 0.055) * (1 + row * 0.5)) {
      const height = random.between(0.24, 0.46) * (0.75 + row * 0.3)
      far += conifer(stage, x, 0.8 + row * 0.07, height, body)
    }
    // Trunks sink into haze: a hard ground would leave bright wedges between the trees of the next row.
    const [from, deep] = [stage.y(0.5 + row * 0.08), stage.size(0.34)]
    far += `<linearGradient id="floor${row}" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${body}" stop-opacity="0"/><stop offset="1" stop-color="${body}"/></linearGradient>`
    far += `<rect x="0" y="${fmt(from)}" width="${stage.width}" height="${fmt(deep)}" fill="url(#floor${row})"/><rect x="0" y="${fmt(from + deep - 0.5)}" width="${stage.width}" height="${stage.height}" fill="${body}"/>`
    far += `<rect width="${stage.width}" height="${stage.height}" fill="url(#lit)" opacity="${0.3 - row * 0.1}"/>`
  }
  const dark = distant(b, 0.02)
  let near = ''
  for (const x of [random.between(-0.06, 0.03), random.between(0.9, 1.0), random.between(0.14, 0.2)]) {
    const w = stage.size(random.between(0.05, 0.1))
    near += `<path d="M${fmt(stage.x(x))} -20 q${fmt(w * 0.2)} ${fmt(stage.height * 0.5)} ${fmt(-w * 0.25)} ${fmt(stage.height + 40)} h${fmt(w * 1.4)} q${fmt(-w * 0.5)} ${fmt(-stage.height * 0.5)} ${fmt(-w * 0.2)} ${fmt(-stage.height - 40)}Z" fill="${dark}"/>`
  }
  return { behind: '', far, near }
}

function conifer(stage: Stage, x: number, base: number, height: number, fill: string): string {
  const [cx, by, h] = [stage.x(x), stage.y(base), stage.size(height)]
  let path = `M${fmt(cx)} ${fmt(by - h)}`
  const steps = 5
  for (let i = 1; i <= steps; i += 1)
    path += `L${fmt(cx + h * 0.036 * i)} ${fmt(by - h + (h * i) / steps)}L${fmt(cx + h * 0.02 * i)} ${fmt(by - h + (h * i) / steps - h * 0.02)}`
  for (let i = steps; i >= 1; i -= 1)
    path += `L${fmt(cx - h * 0.02 * i)} ${fmt(by - h + (h * i) / steps - h * 0.02)}L${fmt(cx - h * 0.036 * i)} ${fmt(by - h + (h * i) / steps)}`
  return `<path d="${path}Z" fill="${fill}"/>`
}

function interior(b: Brush): Place {
  const { mood, stage } = b
  const [left, top] = [stage.x(mood.glow.x - 0.15), stage.y(0.2)]
  const [w, h] = [stage.visibleWidth * 0.3, stage.visibleHeight * 0.36]
  const pane = mix(mood.glow.colour, '#ffffff', 0.25)
  const wall = mix(mood.sky.top, mood.ground, 0.55)
  const bar = stage.size(0.012)
  let behind = `<rect x="${fmt(left - bar * 2)}" y="${fmt(top - bar * 2)}" width="${fmt(w + bar * 4)}" height="${fmt(h + bar * 4)}" fill="${wall}"/>`
  behind += `<rect x="${fmt(left)}" y="${fmt(top)}" width="${fmt(w)}" height="${fmt(h)}" fill="${pane}" fill-opacity="0.92"/>`
  behind += `<rect x="${fmt(left)}" y="${fmt(top + h * 0.62)}" width="${fmt(w)}" height="${fmt(h * 0.38)}" fill="${mood.glow.colour}" fill-opacity="0.5"/>`
  for (const t of [1 / 3, 2 / 3])
    behind += `<rect x="${fmt(left + w * t - bar / 2)}" y="${fmt(top)}" width="${fmt(bar)}" height="${fmt(h)}" fill="${wall}"/>`
  behind += `<rect x="${fmt(left)}" y="${fmt(top + h * 0.48)}" width="${fmt(w)}" height="${fmt(bar)}" fill="${wall}"/>`
  const floor = stage.y(0.74)
  const lean = mood.glow.x > 0.5 ? -1 : 1
  let far = `<rect x="0" y="${fmt(floor)}" width="${stage.width}" height="${stage.height}" fill="${mix(mood.ground, mood.sky.low, 0.22)}"/>`
  for (const t of [0, 1 / 3, 2 / 3]) {
    const [x1, x2] = [left + w * t, left + w * (t + 0.31)]
    const shift = lean * w * 0.85
    far += `<path d="M${fmt(x1)} ${fmt(top)}L${fmt(x2)} ${fmt(top)}L${fmt(x2 + shift * 1.25)} ${fmt(stage.y(1.02))}L${fmt(x1 + shift)} ${fmt(stage.y(1.02))}Z" fill="url(#beam)" opacity="0.5" filter="url(#soft)"/>`
  }
  far += `<ellipse cx="${fmt(left + w / 2 + lean * w * 0.75)}" cy="${fmt(stage.y(0.86))}" rx="${fmt(w * 0.8)}" ry="${fmt(stage.size(0.07))}" fill="url(#puff)" opacity="0.4"/>`
  const edge = stage.y(0.93)
  const near = `<rect x="0" y="${fmt(edge)}" width="${stage.width}" height="${stage.height}" fill="${distant(b, 0.02)}"/><rect x="0" y="${fmt(edge)}" width="${stage.width}" height="${fmt(bar * 0.5)}" fill="${mood.glow.colour}" fill-opacity="0.25"/>`
  return { behind, far, near }
}

function theatre(b: Brush): Place {
  const { mood, stage, random } = b
  const floor = stage.y(0.72)
  const colours = [
    mood.glow.colour,
    adjust(mood.glow.colour, { turn: 25 }),
    mix(mood.glow.colour, mood.symbol, 0.7),
  ]
  let behind = ''
  for (let i = 0; i < 6; i += 1) {
    const from = stage.x(0.06 + i * 0.18 + random.between(-0.03, 0.03))
    const to = stage.x(mood.glow.x + (i - 2.5) * 0.11)
    const [wide, colour] = [stage.size(random.between(0.06, 0.1)), colours[i % 3]!]
    behind += `<path d="M${fmt(from - 2)} -14L${fmt(from + 2)} -14L${fmt(to + wide)} ${fmt(floor + 6)}L${fmt(to - wide)} ${fmt(floor + 6)}Z" fill="${colour}" fill-opacity="0.2" filter="url(#soft)"/>`
    behind += `<path d="M${fmt(from - 1)} -14L${fmt(from + 1)} -14L${fmt(to + wide * 0.3)} ${fmt(floor)}L${fmt(to - wide * 0.3)} ${fmt(floor)}Z" fill="#fff" fill-opacity="0.07" filter="url(#soft)"/>`
    behind += `<circle cx="${fmt(from)}" cy="${fmt(stage.y(-0.02))}" r="${fmt(stage.size(0.07))}" fill="url(#puff)"/>`
  }
  const boards = mix(mood.ground, mood.sky.low, 0.4)
  let far = `<rect x="0" y="${fmt(floor)}" width="${stage.width}" height="${stage.height}" fill="${boards}"/>`
  far += `<ellipse cx="${fmt(stage.x(mood.glow.x))}" cy="${fmt(floor + stage.size(0.035))}" rx="${fmt(stage.size(0.6))}" ry="${fmt(stage.size(0.05))}" fill="url(#puff)" opacity="0.9"/>`
  far += `<rect x="0" y="${fmt(floor)}" width="${stage.width}" height="${fmt(stage.size(0.004))}" fill="${mood.glow.colour}" fill-opacity="0.5"/>`
  let near = ''
  for (let row = 0; row < 2; row += 1) {
    const body = distant(b, 0.16 - row * 0.14)
    for (let x = -0.15; x < 1.15; x += random.between(0.034, 0.05)) {
      const r = stage.size(0.026 + row * 0.012)
      near += head(
        stage.x(x),
        stage.y(0.8 + row * 0.09 + random.between(-0.02, 0.02)),
        r,
        body,
        random.next() < 0.16,
      )
    }
  }
  return { behind, far, near }
}

function head(x: number, y: number, r: number, fill: string, arms: boolean): string {
  const body = `<circle cx="${fmt(x)}" cy="${fmt(y)}" r="${fmt(r)}" fill="${fill}"/><ellipse cx="${fmt(x)}" cy="${fmt(y + r * 3.4)}" rx="${fmt(r * 1.9)}" ry="${fmt(r * 2.5)}" fill="${fill}"/>`
  if (!arms) return body
  return `${body}<path d="M${fmt(x - r * 1.5)} ${fmt(y + r * 2.2)}L${fmt(x - r * 1.9)} ${fmt(y - r * 1.6)}M${fmt(x + r * 1.5)} ${fmt(y + r * 2.2)}L${fmt(x + r * 2)} ${fmt(y - r * 1.8)}" stroke="${fill}" stroke-width="${fmt(r * 0.62)}" stroke-linecap="round"/>`
}

function space(b: Brush): Place {
  const { mood, stage, random } = b
  let behind = ''
  for (let i = 0; i < 9; i += 1) {
    behind += `<ellipse cx="${fmt(stage.x(random.between(0.1, 1)))}" cy="${fmt(stage.y(random.between(0.05, 0.65)))}" rx="${fmt(stage.size(random.between(0.2, 0.6)))}" ry="${fmt(stage.size(random.between(0.06, 0.2)))}" transform="rotate(-24 ${fmt(stage.x(0.5))} ${fmt(stage.y(0.5))})" fill="${adjust(mood.sky.low, { turn: random.between(-50, 40), scaleL: 1.5, scaleC: 1.3 })}" fill-opacity="0.12" filter="url(#soft)"/>`
  }
  const [cx, cy, r] = [stage.x(0.62), stage.y(1.5), stage.visibleWidth * 0.62]
  const limb = mix(mood.glow.colour, '#ffffff', 0.35)
  const far = `<circle cx="${fmt(cx)}" cy="${fmt(cy)}" r="${fmt(r + stage.size(0.03))}" fill="${mood.glow.colour}" fill-opacity="0.35" filter="url(#soft)"/><circle cx="${fmt(cx)}" cy="${fmt(cy)}" r="${fmt(r)}" fill="${mix(mood.ground, mood.sky.middle, 0.3)}"/><circle cx="${fmt(cx)}" cy="${fmt(cy)}" r="${fmt(r)}" fill="none" stroke="${limb}" stroke-opacity="0.7" stroke-width="${fmt(stage.size(0.006))}"/>`
  return { behind, far, near: '' }
}

function underwater(b: Brush): Place {
  const { stage, random } = b
  let behind = ''
  for (let i = 0; i < 7; i += 1) {
    const [x, w] = [
      stage.x(0.05 + i * 0.15 + random.between(-0.05, 0.05)),
      stage.size(random.between(0.05, 0.14)),
    ]
    behind += `<path d="M${fmt(x)} -10h${fmt(w)}L${fmt(x - w)} ${fmt(stage.y(0.95))}h${fmt(-w * 2.4)}Z" fill="url(#beam)" opacity="${fmt(random.between(0.25, 0.6))}" filter="url(#soft)"/>`
  }
  const far = shape(stage, ridge(stage, random, 0.8, 0.1, 'smooth'), distant(b, 0.3), 0.3)
  let near = shape(stage, ridge(stage, random, 0.92, 0.06, 'jagged'), distant(b, 0.05), 0)
  for (let i = 0; i < 26; i += 1) near += blob(stage, random, 0.004, 0.014, '#eafffb', 0.22)
  return { behind, far, near }
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

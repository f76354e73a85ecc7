/** Places without walls: hills, mountains, dunes, the sea, a forest, the deep and space. */

import { type Brush, distant, type Place } from './brush.ts'
import { adjust, mix } from './colour.ts'
import { blob, fmt, ridge, shape } from './shapes.ts'
import type { Stage } from './stage.ts'

export function hills(b: Brush, base: number, count: number, height: number, dark = false): string {
  let out = ''
  for (let i = 0; i < count; i += 1) {
    const depth = dark ? 0.04 : 0.55 - (0.38 * i) / Math.max(1, count - 1)
    const line = ridge(b.stage, b.random, base + i * 0.085, height * (1 + i * 0.3), 'smooth')
    out += shape(b.stage, line, distant(b, depth), dark ? 0 : 0.5)
  }
  return out
}

export function peaks(b: Brush): string {
  let out = ''
  for (let i = 0; i < 3; i += 1) {
    const line = ridge(b.stage, b.random, 0.6 + i * 0.12, 0.42 - i * 0.13, 'peaks')
    out += shape(b.stage, line, distant(b, 0.68 - i * 0.25), 0.75 - i * 0.2)
  }
  return out
}

export function dunes(b: Brush, base: number, count: number): string {
  let out = ''
  for (let i = 0; i < count; i += 1) {
    const line = ridge(b.stage, b.random, base + i * 0.075, 0.07 + i * 0.02, 'dune')
    out += shape(b.stage, line, distant(b, count === 1 ? 0.08 : 0.6 - i * 0.17), 0.7)
  }
  return out
}

export function sea(b: Brush): Place {
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

export function forest(b: Brush): Place {
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

export function space(b: Brush): Place {
  const { mood, stage, random } = b
  let behind = ''
  for (let i = 0; i < 9; i += 1) {
    behind += `<ellipse cx="${fmt(stage.x(random.between(0.1, 1)))}" cy="${fmt(stage.y(random.between(0.05, 0.65)))}" rx="${fmt(stage.size(random.between(0.2, 0.6)))}" ry="${fmt(stage.size(random.between(0.06, 0.2)))}" transform="rotate(-24 ${fmt(stage.x(0.5))} ${fmt(stage.y(0.5))})" fill="${adjust(mood.sky.low, { turn: random.between(-50, 40), scaleL: 1.5, scaleC: 1.3 })}" fill-opacity="0.12" filter="url(#soft)"/>`
  }
  const r = Math.max(stage.visibleWidth, stage.visibleHeight) * 0.62
  const [cx, cy] = [stage.x(0.62), stage.y(0.56) + r]
  const limb = mix(mood.glow.colour, '#ffffff', 0.35)
  const far = `<circle cx="${fmt(cx)}" cy="${fmt(cy)}" r="${fmt(r + stage.size(0.03))}" fill="${mood.glow.colour}" fill-opacity="0.35" filter="url(#soft)"/><circle cx="${fmt(cx)}" cy="${fmt(cy)}" r="${fmt(r)}" fill="${mix(mood.ground, mood.sky.middle, 0.3)}"/><circle cx="${fmt(cx)}" cy="${fmt(cy)}" r="${fmt(r)}" fill="url(#lit)" opacity="0.5"/><circle cx="${fmt(cx)}" cy="${fmt(cy)}" r="${fmt(r)}" fill="none" stroke="${limb}" stroke-opacity="0.7" stroke-width="${fmt(stage.size(0.006))}"/>`
  return { behind, far, near: '' }
}

export function underwater(b: Brush): Place {
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

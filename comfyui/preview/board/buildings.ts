/** Places that were built: a city, a room, a stage with its audience. */
import { type Brush, distant, type Place } from './brush.ts'
import { adjust, mix } from './colour.ts'
import { fmt } from './shapes.ts'

export function city(b: Brush): Place {
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

export function interior(b: Brush): Place {
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

export function theatre(b: Brush): Place {
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

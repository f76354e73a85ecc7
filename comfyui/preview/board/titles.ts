import { FONT_FAMILY } from '../../../core/media/fonts.ts'
import type { Line } from '../text/wrap.ts'
import type { Layout } from './layout.ts'
import type { Mood } from './mood.ts'
import { fmt } from './shapes.ts'
import type { BoardSpec } from './spec.ts'

/** Text for an SVG document. Control characters are gone already (`plainText`). */
export const escapeXml = (text: string): string =>
  text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&apos;')

/** Everything that stands still on a board: scrims, safe-area marks, numeral and words. */
export function titlesSvg(spec: BoardSpec, layout: Layout, mood: Mood, onImage: boolean): string {
  const { width, height } = spec
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<defs>${scrims(layout, height, onImage)}${shadow(layout)}${numeralFill(mood)}</defs>`,
    `<rect width="${width}" height="${height}" fill="url(#edge)"/>`,
    `<rect width="${width}" height="${fmt(170 * layout.unit)}" fill="url(#head)"/>`,
    `<rect width="${width}" height="${height}" fill="url(#foot)"/>`,
    numeral(layout),
    marks(spec, layout),
    words(spec, layout, mood, onImage),
    track(layout),
    '</svg>',
  ].join('')
}

function scrims(layout: Layout, height: number, onImage: boolean): string {
  const from = Math.max(0, (layout.y.label - 190 * layout.unit) / height)
  const full = Math.min(0.97, (layout.y.label + 10 * layout.unit) / height)
  const strength = onImage ? 0.94 : 0.76
  // Eased in four steps: a plain linear scrim shows its upper edge.
  const foot = [0, 0.07, 0.3, 0.68, 1].map((alpha, i) => {
    const at = from + ((full - from) * i) / 4
    return `<stop offset="${fmt4(at)}" stop-color="#04060a" stop-opacity="${fmt4(alpha * strength * 0.86)}"/>`
  })
  foot.push(`<stop offset="1" stop-color="#04060a" stop-opacity="${strength}"/>`)
  const stop = (at: number, alpha: number): string =>
    `<stop offset="${at}" stop-color="#04060a" stop-opacity="${alpha}"/>`
  return [
    `<linearGradient id="foot" x1="0" y1="0" x2="0" y2="1">${foot.join('')}</linearGradient>`,
    `<linearGradient id="head" x1="0" y1="0" x2="0" y2="1">${stop(0, onImage ? 0.78 : 0.5)}${stop(0.5, onImage ? 0.46 : 0.24)}${stop(1, 0)}</linearGradient>`,
    `<radialGradient id="edge" cx="0.5" cy="0.46" r="0.78">${stop(0.5, 0)}${stop(0.8, 0.12)}${stop(1, 0.36)}</radialGradient>`,
  ].join('')
}

const shadow = (layout: Layout): string =>
  `<filter id="shadow" x="-5%" y="-20%" width="110%" height="140%"><feGaussianBlur stdDeviation="${fmt(5 * layout.unit)}"/></filter>`

/** The numeral fades towards the ground, as if it stood in the haze. */
const numeralFill = (mood: Mood): string =>
  `<linearGradient id="numeral" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#fff" stop-opacity="0.15"/><stop offset="1" stop-color="${mood.glow.colour}" stop-opacity="0.035"/></linearGradient>`

function numeral({ numeral: place, sceneNumeral }: Layout): string {
  // Librsvg paints a text's gradient over the box of each glyph run, so one gradient serves all digits.
  return `<text x="${fmt(place.x)}" y="${fmt(place.y)}" font-family="${FONT_FAMILY}" font-weight="700" font-size="${fmt(place.sizePx)}" letter-spacing="${fmt(-place.sizePx * 0.03)}" text-anchor="end" fill="url(#numeral)">${escapeXml(sceneNumeral)}</text>`
}

function marks({ width, height }: BoardSpec, { unit, margin }: Layout): string {
  const [near, arm] = [margin / 2, 26 * unit]
  const [right, bottom] = [width - near, height - near]
  const path = [
    `M${fmt(near + arm)} ${fmt(near)}H${fmt(near)}V${fmt(near + arm)}`,
    `M${fmt(right - arm)} ${fmt(near)}H${fmt(right)}V${fmt(near + arm)}`,
    `M${fmt(near + arm)} ${fmt(bottom)}H${fmt(near)}V${fmt(bottom - arm)}`,
    `M${fmt(right - arm)} ${fmt(bottom)}H${fmt(right)}V${fmt(bottom - arm)}`,
  ].join('')
  return `<path d="${path}" fill="none" stroke="#fff" stroke-opacity="0.32" stroke-width="${fmt(Math.max(1, 1.5 * unit))}"/>`
}

function words(spec: BoardSpec, layout: Layout, mood: Mood, onImage: boolean): string {
  const { unit, margin, y } = layout
  const text = (attributes: string, x: number, baseline: number, body: string): string =>
    `<text x="${fmt(x)}" y="${fmt(baseline)}" xml:space="preserve" ${attributes}>${body}</text>`
  const small = fmt(19 * unit)
  const lines = layout.prompt.lines.map((line, i) =>
    text(
      `font-size="${fmt(layout.prompt.sizePx)}" font-weight="600"`,
      margin,
      y.prompt + i * layout.lineHeight,
      spans(line, mood),
    ),
  )
  const body = [
    text(
      `font-size="${fmt(20 * unit)}" font-weight="600" letter-spacing="${fmt(3 * unit)}" fill-opacity="0.94"`,
      margin,
      y.title,
      spans(layout.title.lines[0] ?? [], mood),
    ),
    text(
      `font-size="${fmt(20 * unit)}" font-weight="600" fill="${mood.accent}"`,
      margin,
      y.label,
      escapeXml(layout.label),
    ),
    ...lines,
    text(
      `font-size="${small}" fill-opacity="0.74"`,
      margin,
      y.details,
      spans(layout.details.lines[0] ?? [], mood),
    ),
    text(
      `font-size="${small}" fill-opacity="0.55" text-anchor="end"`,
      spec.width - margin,
      y.details,
      'animatic',
    ),
  ].join('')
  // A blurred dark copy underneath keeps the words readable on a bright reference picture; the running time, which is
  // laid over later, gets one too.
  const clock = text(
    `font-size="${fmt(layout.timecode.sizePx)}" font-weight="500" text-anchor="end"`,
    spec.width - margin,
    y.title,
    '00:00:00:00',
  )
  const set = (fill: string, content: string): string =>
    `<g font-family="${FONT_FAMILY}" fill="${fill}">${content}</g>`
  const dark = set('#000', (body + clock).replaceAll(/ fill="[^"]*"/g, ''))
  return `<g opacity="${onImage ? 0.9 : 0.55}" filter="url(#shadow)">${dark}</g>${set('#fff', body)}`
}

const spans = (line: Line, mood: Mood): string =>
  line
    .map(({ text, kind }) => {
      const safe = escapeXml(text)
      if (kind === 'symbol') return `<tspan fill="${mood.symbol}">${safe}</tspan>`
      return kind === 'uncovered' ? `<tspan fill-opacity="0.5">${safe}</tspan>` : safe
    })
    .join('')

function track({ hairline, unit }: Layout): string {
  const thickness = 3 * unit
  const y = hairline.y + (hairline.height - thickness) / 2
  return `<rect x="${hairline.x}" y="${fmt(y)}" width="${hairline.width}" height="${fmt(thickness)}" rx="${fmt(thickness / 2)}" fill="#fff" fill-opacity="0.2"/>`
}

/** A hundred cells `00:` to `99:` in a row; the film shows four of them at a time. Digits stand in equal columns. */
export function timecodeSvg({ timecode: t }: Layout): { svg: string; width: number; height: number } {
  const width = t.cell * 100
  const baseline = t.height * 0.786
  let body = ''
  for (let value = 0; value < 100; value += 1) {
    const x = value * t.cell
    const digits = String(value).padStart(2, '0')
    for (const [i, digit] of [...digits].entries()) {
      body += `<text x="${fmt(x + (i + 0.5) * (t.pair / 2))}" y="${fmt(baseline)}" text-anchor="middle">${digit}</text>`
    }
    body += `<text x="${fmt(x + t.pair + (t.cell - t.pair) / 2)}" y="${fmt(baseline - t.sizePx * 0.04)}" text-anchor="middle" fill-opacity="0.7">:</text>`
  }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${t.height}"><g font-family="${FONT_FAMILY}" font-weight="500" font-size="${fmt(t.sizePx)}" fill="#fff" fill-opacity="0.9">${body}</g></svg>`
  return { svg, width, height: t.height }
}

/** The running part of the hairline: lit on the left half, empty on the right; the film slides over it. */
export function progressSvg(
  { hairline, unit }: Layout,
  mood: Mood,
): { svg: string; width: number; height: number } {
  const { width, height } = hairline
  const thickness = 3 * unit
  const y = (height - thickness) / 2
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width * 2}" height="${height}"><rect x="${-thickness}" y="${fmt(y)}" width="${fmt(width + thickness)}" height="${fmt(thickness)}" rx="${fmt(thickness / 2)}" fill="${mood.accent}"/><circle cx="${fmt(width - height / 2)}" cy="${fmt(height / 2)}" r="${fmt(height * 0.36)}" fill="${mood.accent}"/></svg>`
  return { svg, width: width * 2, height }
}

const fmt4 = (value: number): string => (Math.round(value * 10_000) / 10_000).toString()

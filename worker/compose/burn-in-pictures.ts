/** The pictures that are burnt in, drawn with the project's own typeface. No text of a storyboard reaches a filter. */
import '../../core/media/fonts.ts' // before sharp
import { createHash } from 'node:crypto'
import path from 'node:path'
import sharp from 'sharp'
import { widthOf } from '../../core/captions/wrap.ts'
import { FONT_FAMILY } from '../../core/media/fonts.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import { type BurnInLayout, layOutBurnIn, type Marks, type SceneName, sceneName } from './burn-in.ts'
import { timecode } from './sheet.ts'
import { svgLabel, svgText } from './svg-text.ts'

const DARK = '#14161a'
const LIGHT = '#f4f1ea'
const DIM = '#a9aeb8'
const AMBER = '#e8b45a'
const ROWS = 60

/** The pictures of a piece as SVG, in the order of its inputs. */
export function burnInSvgs(plan: ShotPlan, marks: Marks): string[] {
  const layout = layOutBurnIn(plan.format, marks.timecode !== null)
  return [
    ...(marks.timecode ? [stripSvg(marks.timecode.scenes, layout), digitsSvg(layout)] : []),
    ...marks.slates.map(({ shot }) => slateSvg(plan, shot, layout)),
    ...marks.captions.map(({ lines }) => captionSvg(lines, layout)),
  ]
}

/** Draws each picture once, when it is first asked for; gives their files. */
export function createPictures(workDir: string): (svgs: readonly string[]) => Promise<string[]> {
  const drawn = new Map<string, Promise<string>>()
  const draw = (svg: string): Promise<string> => {
    const name = `burnt-${createHash('sha256').update(svg).digest('hex').slice(0, 32)}.png`
    const file = path.join(workDir, name)
    const known =
      drawn.get(name) ??
      sharp(Buffer.from(svg))
        .png()
        .toFile(file)
        .then(() => file)
    drawn.set(name, known)
    return known
  }
  return (svgs) => Promise.all(svgs.map(draw))
}

const svg = (width: number, height: number, content: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${FONT_FAMILY}">${content}</svg>`

/** The box under the time code with its colons, and beside it the scenes that are seen. */
function stripSvg(scenes: readonly SceneName[], { strip, font, box, digits }: BurnInLayout): string {
  const base = strip.height / 2 + font * 0.36
  const colons = digits.lefts.slice(1).map((left, index) => {
    const gapFrom = digits.lefts[index]! + digits.width
    const x = (gapFrom + left) / 2 - strip.x
    return `<text x="${x}" y="${base - font * 0.06}" font-size="${font}" font-weight="600" text-anchor="middle" fill="${LIGHT}">:</text>`
  })
  const room = (strip.width - box - font) / scenes.length
  const names = scenes.map(({ number, id }) => {
    const digitsOf = number > 0 ? `<tspan fill="${AMBER}">${number} </tspan>` : ''
    return `${digitsOf}<tspan>${svgLabel(id, room - 3 * font, font)}</tspan>`
  })
  // Outlined rather than boxed: how wide a name comes out is not known here.
  return svg(
    strip.width,
    strip.height,
    `<rect width="${box}" height="${strip.height}" rx="${font * 0.3}" fill="${DARK}" fill-opacity="0.78"/>` +
      colons.join('') +
      `<text x="${box + font * 0.6}" y="${base}" font-size="${font}" font-weight="600" fill="${LIGHT}" stroke="${DARK}" ` +
      `stroke-opacity="0.8" stroke-width="${font * 0.18}" stroke-linejoin="round" paint-order="stroke" xml:space="preserve">${names.join('<tspan>  →  </tspan>')}</text>`,
  )
}

/** 00 to 59, one below the other, each digit in a cell of its own so that none moves when its neighbour changes. */
function digitsSvg({ font, digits: { width, height } }: BurnInLayout): string {
  const rows = Array.from({ length: ROWS }, (_, row) =>
    [...String(row).padStart(2, '0')].map(
      (digit, place) =>
        `<text x="${width * (place === 0 ? 0.25 : 0.75)}" y="${row * height + height / 2 + font * 0.36}" text-anchor="middle">${digit}</text>`,
    ),
  )
  return svg(
    width,
    ROWS * height,
    `<g font-size="${font}" font-weight="600" fill="${LIGHT}">${rows.flat().join('')}</g>`,
  )
}

/** Lines of dialogue, the last one at the foot of the picture; a line that would not fit is set smaller. */
function captionSvg(lines: readonly string[], { caption: { width, height, font } }: BurnInLayout): string {
  const texts = lines.map((line, index) => {
    const size = Math.min(font, (width * 0.96) / (0.56 * Math.max(1, widthOf(line))))
    const base = height - font * (0.42 + 1.25 * (lines.length - 1 - index))
    return `<text x="${width / 2}" y="${base}" font-size="${size}" text-anchor="middle" xml:space="preserve">${svgText(line)}</text>`
  })
  return svg(
    width,
    height,
    `<g font-weight="600" fill="${LIGHT}" stroke="${DARK}" stroke-opacity="0.85" stroke-width="${font * 0.2}" ` +
      `stroke-linejoin="round" paint-order="stroke">${texts.join('')}</g>`,
  )
}

/** A clapperboard: striped head, title, scene, shot, take, and where the shot begins in the film. */
function slateSvg(plan: ShotPlan, index: number, { slate: { width, height } }: BurnInLayout): string {
  const shot = plan.shots[index]!
  const { number, id } = sceneName(plan, shot.sceneId)
  const { fps } = plan.format
  const unit = width / 40
  const head = unit * 2.6
  const stripes = Array.from({ length: 9 }, (_, stripe) => {
    const x = (stripe * 2 - 1) * unit * 2.6
    return `<path d="M${x} ${head} l${unit * 1.6} ${-head} h${unit * 2.6} l${-unit * 1.6} ${head} Z" fill="${LIGHT}"/>`
  })
  const field = (x: number, name: string, value: string, y: number): string =>
    `<text x="${x * unit}" y="${y * unit}" font-size="${unit * 1.05}" font-weight="500" letter-spacing="${unit * 0.1}" fill="${DIM}">${name}</text>` +
    `<text x="${x * unit}" y="${(y + 2.3) * unit}" font-size="${unit * 2}" font-weight="600" fill="${LIGHT}" xml:space="preserve">${value}</text>`
  const title = plan.title || 'Untitled'
  // A long title is set smaller before it is cut.
  const size = unit * Math.min(2.4, Math.max(1.5, 36 / (0.56 * [...title].length)))
  const length = `${(shot.frames / fps).toFixed(1)} s`
  return svg(
    width,
    height,
    `<clipPath id="board"><rect width="${width}" height="${height}" rx="${unit * 0.8}"/></clipPath>` +
      `<g clip-path="url(#board)"><rect width="${width}" height="${height}" fill="${DARK}" fill-opacity="0.86"/>${stripes.join('')}</g>` +
      `<text x="${unit * 2}" y="${unit * 6.1}" font-size="${size}" font-weight="700" fill="${AMBER}">${svgLabel(title, unit * 36, size)}</text>` +
      field(2, 'SCENE', `${number > 0 ? `${number}   ` : ''}${svgLabel(id, unit * 22, unit * 2)}`, 9) +
      field(28, 'TAKE', String(plan.burnIn?.slate?.take ?? 1), 9) +
      field(2, 'SHOT', `${index + 1} / ${plan.shots.length}`, 14.4) +
      field(13, 'STARTS AT', timecode(shot.startFrame, fps), 14.4) +
      field(28, 'LENGTH', length, 14.4),
  )
}

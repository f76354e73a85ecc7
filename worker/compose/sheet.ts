/** The contact sheet's page: where everything stands and the text around the pictures, as SVG. Pure. */
import { FONT_FAMILY } from '../../core/media/fonts.ts'
import type { Shot, ShotPlan } from '../../core/storyboard/plan-types.ts'
import { svgLabel, svgText } from './svg-text.ts'

export type SheetLayout = {
  width: number
  height: number
  cellWidth: number
  cellHeight: number
  /** Top left corner of each shot's picture. */
  cells: { x: number; y: number }[]
}

const MARGIN = 56
const GAP = 28
const HEADER = 132
const CAPTION = 58
const FOOTER = 44

/** Pixels of a whole sheet, roughly: a film of many shots gets smaller pictures, so that drawing it takes no more memory. */
const MOST_PIXELS = 2_600_000
/** Below these widths a picture, and the text below it, says nothing. */
const SMALLEST_CELL = { landscape: 176, portrait: 132 }
const SHRINK = 0.94

/** A grid that comes out near the shape of a screen; pictures keep the film's shape. */
export function layOutSheet({ shots, format }: Pick<ShotPlan, 'shots' | 'format'>): SheetLayout {
  const portrait = format.height > format.width
  let layout = grid(shots.length, portrait ? 220 : format.height === format.width ? 280 : 384, format)
  const smallest = portrait ? SMALLEST_CELL.portrait : SMALLEST_CELL.landscape
  while (layout.width * layout.height > MOST_PIXELS && layout.cellWidth * SHRINK >= smallest) {
    layout = grid(shots.length, Math.round(layout.cellWidth * SHRINK), format)
  }
  return layout
}

function grid(count: number, cellWidth: number, format: { width: number; height: number }): SheetLayout {
  const cellHeight = Math.round((cellWidth * format.height) / format.width)
  const most = format.height > format.width ? 10 : 8
  const fitting = Math.ceil(Math.sqrt((count * (cellHeight + CAPTION) * 1.5) / cellWidth))
  // Three at least, so that the heading has room over a film of one shot.
  const columns = Math.max(3, Math.min(most, fitting, Math.max(3, count)))
  const rows = Math.max(1, Math.ceil(count / columns))
  const cells = Array.from({ length: count }, (_, index) => ({
    x: MARGIN + (index % columns) * (cellWidth + GAP),
    y: HEADER + Math.floor(index / columns) * (cellHeight + CAPTION + GAP),
  }))
  return {
    width: 2 * MARGIN + columns * cellWidth + (columns - 1) * GAP,
    height: HEADER + rows * (cellHeight + CAPTION) + (rows - 1) * GAP + FOOTER,
    cellWidth,
    cellHeight,
    cells,
  }
}

/** The page without its pictures. */
export function sheetSvg(plan: ShotPlan, layout: SheetLayout): string {
  const { width, height, cellWidth, cellHeight } = layout
  const { format, shots } = plan
  const numbers = new Map(plan.clips.map(({ sceneId, sceneNumber }) => [sceneId, sceneNumber]))
  const facts = [
    timecode(plan.frames, format.fps),
    `${shots.length} ${shots.length === 1 ? 'shot' : 'shots'}`,
    `${format.width} × ${format.height}`,
    `${format.fps} fps`,
  ].join('   ·   ')
  const captions = shots.map((shot, index) =>
    caption(shot, numbers.get(shot.sceneId), plan, layout.cells[index]!, cellWidth, cellHeight),
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${FONT_FAMILY}">
<rect width="100%" height="100%" fill="#14161a"/>
<text x="${MARGIN}" y="72" font-size="32" font-weight="600" fill="#f4f1ea">${svgLabel(plan.title || 'Untitled', width - 2 * MARGIN, 32)}</text>
<text x="${MARGIN}" y="102" font-size="15" fill="#8d939e">${svgText(facts)}</text>
${captions.join('\n')}
</svg>`
}

function caption(
  shot: Shot,
  sceneNumber: number | undefined,
  { format: { fps } }: ShotPlan,
  { x, y }: { x: number; y: number },
  cellWidth: number,
  cellHeight: number,
): string {
  const base = y + cellHeight + 26
  const number = String(sceneNumber ?? shot.index + 1)
  const idX = x + 10 + 11 * number.length
  const length = `${(shot.frames / fps).toFixed(1)} s`
  const mode = /\b(flashback|montage)\b/.exec(shot.path)?.[1]
  const look = mode ? `  ·  ${mode}` : ''
  return `<rect x="${x}" y="${y}" width="${cellWidth}" height="${cellHeight}" rx="6" fill="#23262c"/>
<text x="${x}" y="${base}" font-size="17" font-weight="700" fill="#e8b45a">${number}</text>
<text x="${idX}" y="${base}" font-size="16" font-weight="500" fill="#f4f1ea">${svgLabel(shot.sceneId, cellWidth - (idX - x) - 56, 16)}</text>
<text x="${x + cellWidth}" y="${base}" font-size="14" text-anchor="end" fill="#8d939e">${length}</text>
<text x="${x}" y="${base + 21}" font-size="13" fill="#8d939e">${timecode(shot.startFrame, fps)}${look}</text>`
}

/** `HH:MM:SS:FF`. */
export function timecode(frames: number, fps: number): string {
  const seconds = Math.floor(frames / fps)
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60, frames % fps]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}

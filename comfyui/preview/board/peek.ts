import { seenAt, travelOf } from '../../../core/media/camera.ts'
import { sharp } from '../raster.ts'
import { DEPTHS } from './film.ts'
import { IMAGE_OVERSCAN, OVERSCAN, type Raster } from './layers.ts'
import type { Layout } from './layout.ts'
import type { Mood } from './mood.ts'
import type { BoardSpec } from './spec.ts'

/** A board whose layers are drawn, before or while it is filmed. */
export type DrawnBoard = {
  readonly spec: BoardSpec
  readonly layout: Layout
  readonly mood: Mood
  /** Sky, far and near when `scenery`; reference pictures otherwise. */
  readonly backdrop: readonly Raster[]
  readonly scenery: boolean
  readonly titles: Raster
  readonly digits: Raster
  readonly progress: Raster
}

/** Longest side of a preview picture, px: a real server's default. */
const SIDE = 512

type Box = { left: number; top: number; width: number; height: number }

/** The board at one frame as a small JPEG, for people who wait. Drawn from the layers: the film itself is not readable yet. */
export async function boardAt(board: DrawnBoard, frame: number): Promise<Buffer> {
  const { spec, layout, titles } = board
  const scale = Math.min(1, SIDE / Math.max(spec.width, spec.height))
  const [width, height] = [Math.round(spec.width * scale), Math.round(spec.height * scale)]
  const piece = (raster: Raster, box: Box, w: number, h: number): Promise<Buffer> =>
    sharp(raster.data, { raw: { width: raster.width, height: raster.height, channels: raster.channels } })
      .extract(box)
      .resize(Math.max(1, Math.round(w)), Math.max(1, Math.round(h)), { fit: 'fill' })
      .png({ compressionLevel: 1 })
      .toBuffer()
  const layers: { input: Buffer; left: number; top: number }[] = []
  for (const { raster, box } of seen(board, frame)) {
    layers.push({ input: await piece(raster, box, width, height), left: 0, top: 0 })
  }
  const whole = { left: 0, top: 0, width: titles.width, height: titles.height }
  layers.push({ input: await piece(titles, whole, width, height), left: 0, top: 0 })
  for (const { raster, box, x, y } of running(layout, spec, frame, board)) {
    const input = await piece(raster, box, box.width * scale, box.height * scale)
    layers.push({ input, left: Math.round(x * scale), top: Math.round(y * scale) })
  }
  const [base, ...above] = layers
  return sharp(base!.input).removeAlpha().composite(above).jpeg({ quality: 80 }).toBuffer()
}

/** The parts of the backdrop that the camera sees at a frame. */
function seen({ spec, mood, backdrop, scenery }: DrawnBoard, frame: number): { raster: Raster; box: Box }[] {
  const share = frame / Math.max(1, spec.frames - 1)
  const seconds = spec.frames / spec.fps
  if (scenery) {
    return backdrop.map((raster, i) => ({
      raster,
      box: boxOf(raster, seenAt(travelOf(mood.move, DEPTHS[i]!, seconds), OVERSCAN, share)),
    }))
  }
  const shown = backdrop[Math.min(backdrop.length - 1, Math.floor(share * backdrop.length))]!
  return [{ raster: shown, box: boxOf(shown, { left: 0.06, top: 0.06, size: 1 / IMAGE_OVERSCAN }) }]
}

function boxOf(
  { width, height }: Raster,
  { left, top, size }: { left: number; top: number; size: number },
): Box {
  const [w, h] = [Math.min(width, Math.round(width * size)), Math.min(height, Math.round(height * size))]
  return {
    left: Math.min(width - w, Math.max(0, Math.round(width * left))),
    top: Math.min(height - h, Math.max(0, Math.round(height * top))),
    width: w,
    height: h,
  }
}

/** The running time and the hairline at a frame. */
function running(
  { timecode: t, hairline: line }: Layout,
  { fps, frames }: BoardSpec,
  frame: number,
  board: DrawnBoard,
) {
  const seconds = Math.floor(frame / fps)
  const fields = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60, frame % fps]
  const cells = fields.map((value, i) => ({
    raster: board.digits,
    box: { left: t.cell * Math.min(99, value), top: 0, width: i === 3 ? t.pair : t.cell, height: t.height },
    x: t.x + i * t.cell,
    y: t.y,
  }))
  const left = Math.max(0, Math.floor(line.width - (line.width * (frame + 1)) / frames))
  const box = { left, top: 0, width: line.width, height: line.height }
  return [...cells, { raster: board.progress, box, x: line.x, y: line.y }]
}

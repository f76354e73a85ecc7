import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FfmpegTools, runFfmpeg, wallLimitMs } from '../../../core/platform/ffmpeg.ts'
import { sharp } from '../raster.ts'
import { type BoardLayers, filmJob, type LayerFile } from './film.ts'
import { drawReference, drawScenery, drawTitles, type Raster } from './layers.ts'
import { layOut } from './layout.ts'
import { moodOf } from './mood.ts'
import type { BoardSpec } from './spec.ts'
import { stageFor } from './stage.ts'

/** More pictures than this would each be on screen for less than a look; the first ones are used. */
export const MAX_IMAGES = 6

export type AnimaticOptions = {
  readonly tools: FfmpegTools
  /** Paths of reference pictures; none means that a scenery is drawn. */
  readonly images: readonly string[]
  /** An empty folder for layers; the caller removes it. */
  readonly workDir: string
  readonly output: string
  readonly signal: AbortSignal
  /** The board as it looks at its beginning, as soon as it is drawn. */
  readonly onBoard: (board: Buffer) => void
  /** Frames encoded so far, and the board with its hairline at that place. */
  readonly onFrame: (frame: number) => void
}

/**
 * Draws a board and films it: writes an MP4 of exactly `spec.frames` frames to `output`.
 * Equal specs and pictures give equal bytes.
 * @throws {FfmpegError} and sharp's errors for pictures that cannot be read
 */
export async function filmAnimatic(spec: BoardSpec, options: AnimaticOptions): Promise<void> {
  const mood = moodOf(spec.prompt, spec.seed)
  const layout = layOut(spec)
  const { workDir, signal } = options
  await mkdir(workDir, { recursive: true })
  const save = async (name: string, raster: Raster): Promise<LayerFile> => {
    signal.throwIfAborted()
    const path = join(workDir, name)
    await writeFile(path, raster.data)
    return { path, raster: { width: raster.width, height: raster.height, channels: raster.channels } }
  }

  // Each picture stays half a second at least.
  const room = Math.max(1, Math.floor(spec.frames / (spec.fps / 2)))
  const pictures = options.images.slice(0, Math.min(MAX_IMAGES, room))
  const backdrop: Raster[] =
    pictures.length === 0
      ? await drawScenery(mood, spec.seed, stageFor(spec.width, spec.height))
      : await inOrder(pictures, (path) => drawReference(path, spec))
  const [titles, digits, progress] = await drawTitles(spec, layout, mood, pictures.length > 0)
  signal.throwIfAborted()
  const board = await stillBoard(backdrop, titles, spec)
  options.onBoard(board)

  const files = await inOrder(backdrop, (raster, i) => save(`back-${i}.raw`, raster))
  const layers: BoardLayers = {
    backdrop:
      pictures.length === 0
        ? { kind: 'scenery', files: [files[0]!, files[1]!, files[2]!] }
        : { kind: 'images', files },
    titles: await save('titles.raw', titles),
    digits: await save('digits.raw', digits),
    progress: await save('progress.raw', progress),
  }
  await runFfmpeg(options.tools, filmJob(spec, layout, mood, layers, options.output), {
    signal,
    wallMs: wallLimitMs(spec.frames / spec.fps),
    onProgress: ({ frame }) => options.onFrame(Math.min(frame, spec.frames)),
  })
}

async function inOrder<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  for (const [index, item] of items.entries()) results.push(await work(item, index))
  return results
}

/** The layers at rest, as a small JPEG for people who wait. */
async function stillBoard(backdrop: readonly Raster[], titles: Raster, spec: BoardSpec): Promise<Buffer> {
  const scale = Math.min(1, PREVIEW_SIDE / Math.max(spec.width, spec.height))
  const [width, height] = [Math.round(spec.width * scale), Math.round(spec.height * scale)]
  const [base, ...rest] = backdrop.slice(0, titles.width === backdrop[0]!.width ? 1 : 3)
  const raw = ({
    width: w,
    height: h,
    channels,
  }: Raster): { raw: { width: number; height: number; channels: 3 | 4 } } => ({
    raw: { width: w, height: h, channels },
  })
  const matching = rest.filter((layer) => layer.channels === 4 && layer.width === base!.width)
  const scene = await sharp(base!.data, raw(base!))
    .composite(matching.map((layer) => ({ input: layer.data, ...raw(layer) })))
    .removeAlpha()
    .raw()
    .toBuffer()
  // A resting camera sees the middle of the raster; both kinds of backdrop are larger than the picture.
  const [w, h] = [base!.width, base!.height]
  const seen = matching.length > 0 ? 1 / 1.2 : 1 / 1.14
  const [cutW, cutH] = [Math.round(w * seen), Math.round(h * seen)]
  const words = await sharp(titles.data, raw(titles))
    .resize(width, height)
    .png({ compressionLevel: 1 })
    .toBuffer()
  return sharp(scene, { raw: { width: w, height: h, channels: 3 } })
    .extract({ left: Math.floor((w - cutW) / 2), top: Math.floor((h - cutH) / 2), width: cutW, height: cutH })
    .resize(width, height, { fit: 'fill' })
    .composite([{ input: words }])
    .jpeg({ quality: 80 })
    .toBuffer()
}
/** Longest side of a preview picture, as a real server's default. */
export const PREVIEW_SIDE = 512

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FfmpegTools, runFfmpeg, wallLimitMs } from '../../../core/platform/ffmpeg.ts'
import { type BoardLayers, filmJob, type LayerFile } from './film.ts'
import { drawReference, drawScenery, drawTitles, type Raster } from './layers.ts'
import { layOut } from './layout.ts'
import { moodOf } from './mood.ts'
import { boardAt, type DrawnBoard } from './peek.ts'
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
  /** Frames encoded so far; now and then with a small JPEG of the board at that frame. */
  readonly onFrame: (frame: number, picture?: Buffer) => void
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
  const scenery = pictures.length === 0
  const drawn: DrawnBoard = { spec, layout, mood, backdrop, titles, digits, progress, scenery }
  options.onBoard(await boardAt(drawn, 0))

  const files = await inOrder(backdrop, (raster, i) => save(`back-${i}.raw`, raster))
  const layers: BoardLayers = {
    backdrop: scenery
      ? { kind: 'scenery', files: [files[0]!, files[1]!, files[2]!] }
      : { kind: 'images', files },
    titles: await save('titles.raw', titles),
    digits: await save('digits.raw', digits),
    progress: await save('progress.raw', progress),
  }
  const peeks = [0.2, 0.5, 0.8].map((share) => Math.floor(spec.frames * share))
  let looking = Promise.resolve()
  let running = true
  // Pictures are drawn beside the run, one after another; what ffmpeg has passed meanwhile is not drawn late.
  const look = async (frame: number): Promise<void> => {
    if (signal.aborted) return
    const due = peeks[0] !== undefined && frame >= peeks[0] && frame < spec.frames
    while (peeks[0] !== undefined && frame >= peeks[0]) peeks.shift()
    // Best effort: a picture that cannot be drawn costs nobody the film.
    const picture = due && running ? await boardAt(drawn, frame).catch(() => undefined) : undefined
    if (!signal.aborted) options.onFrame(frame, picture)
  }
  await runFfmpeg(options.tools, filmJob(spec, layout, mood, layers, options.output), {
    signal,
    wallMs: wallLimitMs(spec.frames / spec.fps),
    onProgress: ({ frame }) => {
      looking = looking.then(() => look(Math.min(frame, spec.frames)))
    },
  }).finally(() => {
    running = false
    return looking
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

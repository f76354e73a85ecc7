/** Drawing pieces, a few at a time. */
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { FfmpegTools } from '../../core/platform/ffmpeg.ts'
import { createPictures } from './burn-in-pictures.ts'
import { encoderHeaderHash } from './check.ts'
import type { DrawingOrder } from './drawing-order.ts'
import { reasonOf } from './errors.ts'
import { renderPiece } from './render.ts'

/** Encoders at one time: each has threads of its own. */
const PARALLEL_RENDERS = 2

export type DrawOptions<O extends DrawingOrder> = {
  tools: FfmpegTools
  orders: readonly O[]
  segmentPath: (sceneId: string) => string
  /** Where the pieces are put; made when it is missing. */
  folder: string
  signal?: AbortSignal
  /** Told of each piece as soon as it is there; awaited before the next one of the same hand is begun. */
  onDrawn: (order: O, file: string) => void | Promise<void>
}

/**
 * Draws each of `orders` into a file of its own; the first failure stops the others.
 * @throws {ComposeError} `film_invalid`
 * @throws {FfmpegError} `timeout`, `silent`, `disk_full`, `failed`; an abort rejects with the signal's reason
 */
export async function drawPieces<O extends DrawingOrder>(options: DrawOptions<O>): Promise<void> {
  const { tools, orders, segmentPath, folder, signal, onDrawn } = options
  const [first] = orders
  if (!first) return
  await mkdir(folder, { recursive: true })
  const failed = new AbortController()
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal
  const drawPictures = createPictures(folder)
  const queue = orders.entries()
  const drain = async (headerHash: string): Promise<void> => {
    for (const [index, order] of queue) {
      const out = path.join(folder, `drawn-${index}.mp4`)
      const pictures = await drawPictures(order.svgs)
      await renderPiece({ tools, order, segmentPath, headerHash, pictures, out, signal: either })
      await onDrawn(order, out)
    }
  }
  try {
    const headerHash = await encoderHeaderHash(tools, first.format, folder)
    const drains = Array.from({ length: PARALLEL_RENDERS }, () =>
      drain(headerHash).catch((error: unknown) => {
        failed.abort(error)
        throw error
      }),
    )
    const ends = await Promise.allSettled(drains)
    // The first to fail is the reason; the other then ended because of it.
    if (failed.signal.aborted) throw failed.signal.reason
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  } catch (error) {
    throw reasonOf(error, signal)
  }
}

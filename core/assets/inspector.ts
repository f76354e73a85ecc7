/** The main thread's side of looking into files (inspector-thread.ts). */
import { Worker } from 'node:worker_threads'
import { FfmpegError } from '../platform/ffmpeg.ts'
import { type Inspection, Unusable } from './inspect.ts'
import type { InspectorFault, InspectorNews, InspectorOrder } from './inspector-thread.ts'
import type { AssetType } from './media-types.ts'

export type Inspector = {
  /**
   * Looks into a local file.
   * @param workDir folder for what is made on the way
   * @throws {Unusable} when the file cannot be used; {FfmpegError} when it could not be looked at
   */
  inspect(path: string, type: AssetType, workDir: string, signal: AbortSignal): Promise<Inspection>
  close(): Promise<void>
}

type Waiting = { resolve(inspection: Inspection): void; reject(error: Error): void }

function errorOf(fault: InspectorFault): Error {
  if (fault.kind === 'unusable') return new Unusable(fault.message)
  if (fault.kind === 'ffmpeg') return new FfmpegError(fault.code, fault.message, fault)
  return new Error(fault.message)
}

/** The thread is started by the first file, and anew after it died. */
export function createInspector(): Inspector {
  const waiting = new Map<number, Waiting>()
  let thread: Worker | null = null
  let lastId = 0

  function start(): Worker {
    const started = new Worker(new URL('./inspector-thread.ts', import.meta.url))
    started.unref()
    started.on('message', (news: InspectorNews) => {
      const caller = waiting.get(news.id)
      waiting.delete(news.id)
      if ('inspection' in news) caller?.resolve(withBuffer(news.inspection))
      else caller?.reject(errorOf(news.fault))
    })
    // Told by `exit` as well, which is where callers hear of it.
    started.on('error', () => {})
    started.on('exit', () => {
      thread = null
      for (const caller of waiting.values())
        caller.reject(new FfmpegError('killed', 'the thread that looks into files ended'))
      waiting.clear()
    })
    return started
  }

  return {
    async inspect(path, type, workDir, signal) {
      signal.throwIfAborted()
      thread ??= start()
      const to = thread
      lastId += 1
      const id = lastId
      const tell = (order: InspectorOrder): void => to.postMessage(order)
      const abort = (): void => tell({ type: 'abort', id })
      signal.addEventListener('abort', abort, { once: true })
      try {
        return await new Promise<Inspection>((resolve, reject) => {
          waiting.set(id, { resolve, reject })
          tell({ type: 'inspect', id, path, mediaType: type, workDir })
        })
      } finally {
        signal.removeEventListener('abort', abort)
      }
    },
    async close() {
      await thread?.terminate()
    },
  }
}

/** Buffers arrive as plain arrays of bytes. */
function withBuffer({ measured, thumbnail }: Inspection): Inspection {
  return { measured, thumbnail: thumbnail && { ...thumbnail, bytes: Buffer.from(thumbnail.bytes) } }
}

/** Result files to disk: as a stream, with checks of size, speed and kind. */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { ComfyError, TransportError } from './errors.ts'
import { openReply, type Target } from './http.ts'
import type { ComfyLimits } from './limits.ts'
import type { OutputFile } from './outputs.ts'

export type Download = { kind: 'stored'; sizeBytes: number } | { kind: 'gone' }

/** The route of a file, every part encoded. */
export const viewPath = (file: OutputFile): string =>
  `/view?${new URLSearchParams({ filename: file.filename, subfolder: file.subfolder, type: file.type })}`

/** True when the first bytes are those of a container that carries video (MP4/MOV, WebM/MKV, AVI). */
export const looksLikeVideo = (head: Buffer): boolean =>
  head.toString('latin1', 4, 8) === 'ftyp' ||
  head.toString('latin1', 0, 4) === '\x1aE\xdf\xa3' ||
  (head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'AVI ')

/** True when the first bytes are those of a picture (PNG, JPEG, WebP, GIF). */
export const looksLikePicture = (head: Buffer): boolean =>
  head.toString('latin1', 1, 4) === 'PNG' ||
  (head[0] === 0xff && head[1] === 0xd8) ||
  (head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP') ||
  head.toString('latin1', 0, 4) === 'GIF8'

const bad = (message: string): ComfyError =>
  new ComfyError('bad_result', message, { retryable: true, hostAtFault: true })

/**
 * Stores one file at `path` (by way of `path.part`, so that `path` is always whole).
 * `gone`: the server lists the file but no longer has it, as a cached run does after its output was removed.
 * @throws {ComfyError} `bad_result` for content that cannot be a result
 * @throws {TransportError} when the transfer broke off, was cut short, or was too slow; the signal's reason
 */
export async function downloadFile(
  target: Target,
  file: OutputFile,
  path: string,
  limits: ComfyLimits,
  signal: AbortSignal,
): Promise<Download> {
  const reply = await openReply(target, { method: 'GET', path: viewPath(file) }, limits, signal)
  const part = `${path}.part`
  const fail = (message: string, cause?: unknown): TransportError =>
    new TransportError(`${target.label}: ${message}`, true, cause)
  if (reply.statusCode !== 200) {
    reply.destroy()
    if (reply.statusCode === 404) return { kind: 'gone' }
    throw fail(`answered ${reply.statusCode} for a result file`)
  }
  const announced = Number(reply.headers['content-length'] ?? Number.NaN)
  const out = createWriteStream(part, { flags: 'w' })
  let failure: Error | null = null
  const stop = (error: Error): void => {
    failure ??= error
    reply.destroy()
  }
  out.on('error', stop)
  const startedAt = performance.now()
  let sizeBytes = 0
  let head = Buffer.alloc(0)
  let seenAt = startedAt
  const watch = setInterval(
    () => {
      const now = performance.now()
      if (now - seenAt > limits.downloadIdleMs) return stop(fail('a result file stopped coming'))
      const tookMs = now - startedAt
      if (tookMs > limits.downloadIdleMs && sizeBytes / (tookMs / 1_000) < limits.downloadMinBytesPerS)
        stop(fail('a result file comes too slowly'))
    },
    Math.min(1_000, limits.downloadIdleMs / 4),
  )
  try {
    for await (const chunk of reply as AsyncIterable<Buffer>) {
      seenAt = performance.now()
      sizeBytes += chunk.length
      if (head.length < 12) head = Buffer.concat([head, chunk.subarray(0, 12)])
      if (sizeBytes > limits.downloadBytes) throw bad('The result file is larger than allowed.')
      if (!out.write(chunk) && !failure) await once(out, 'drain', { signal })
      if (failure) throw failure
    }
    if (failure) throw failure
    out.end()
    await once(out, 'close', { signal })
    if (failure) throw failure
    if (Number.isFinite(announced) && sizeBytes !== announced)
      throw fail(`a result file was cut short (${sizeBytes} of ${announced} bytes)`)
    if (sizeBytes === 0) throw bad('The result file is empty.')
    if (file.kind === 'video' && !looksLikeVideo(head)) throw bad('The result file is not a video.')
    if (file.kind === 'image' && !looksLikePicture(head)) throw bad('The result file is not a picture.')
    await rename(part, path)
    return { kind: 'stored', sizeBytes }
  } catch (error) {
    // Taken before the file is closed: a write that was still waiting then fails too, and is not the reason.
    // A full disk here is this machine's trouble, not the server's: it keeps its own code (ENOSPC).
    const reason = failure ?? error
    out.destroy()
    if (!out.closed) await new Promise<void>((resolve) => out.once('close', resolve))
    await rm(part, { force: true })
    signal.throwIfAborted()
    if (reason === failure || reason instanceof ComfyError || reason instanceof TransportError) throw reason
    throw fail('a result file broke off', reason)
  } finally {
    clearInterval(watch)
    reply.destroy()
  }
}

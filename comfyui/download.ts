/**
 * Download of model weights into a ComfyUI models folder. A file appears under its name only after its size and
 * sha256 were found right; until then it is `<name>.part`, and can be continued.
 */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { type Model, pathOfModel, sizeOfModel } from '../core/workflows/models.ts'
import { hashFile, sizeFits, sizeOfFile } from '../core/workflows/weights-on-disk.ts'

export type ModelErrorCode = 'disk_full' | 'download_failed' | 'gated' | 'wrong_size' | 'wrong_hash'
export class ModelError extends Error {
  readonly code: ModelErrorCode
  constructor(code: ModelErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ModelError'
    this.code = code
  }
}

export type FetchOptions = {
  readonly dir: string
  /** Takes the place of the address's scheme and host: a mirror inside the studio. */
  readonly mirror?: string | undefined
  readonly attempts?: number
  /** Longest silence of the source, in ms. */
  readonly idleMs?: number
  /** First wait between attempts, in ms; doubles. */
  readonly retryMs?: number
  readonly onProgress?: (doneBytes: number) => void
}

/**
 * Downloads one model, continuing a partial file, and puts it in place once it is proven right.
 * @returns its SHA-256 (hex): the proof, or, where the list has none, what was found
 * @throws {ModelError} `gated`, `disk_full`, `download_failed` after the last attempt, `wrong_size`, `wrong_hash`
 */
export async function fetchModel(model: Model, options: FetchOptions): Promise<string> {
  const { dir, attempts = 6, retryMs = 1_000 } = options
  const path = join(dir, pathOfModel(model))
  if (model.gated && !options.mirror)
    throw new ModelError(
      'gated',
      `${model.url} is handed out to signed-in people only: fetch it by hand to ${path}, or name a mirror`,
    )
  await mkdir(join(dir, model.folder), { recursive: true })
  const space = await statfs(dir)
  const missingBytes = sizeOfModel(model) - (await sizeOfFile(`${path}.part`))
  if (space.bavail * space.bsize < missingBytes) {
    const freeGb = ((space.bavail * space.bsize) / 1e9).toFixed(1)
    throw new ModelError(
      'disk_full',
      `${model.file} needs ${(missingBytes / 1e9).toFixed(1)} GB, ${dir} has ${freeGb} GB free`,
    )
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      const sha256 = await download(model, `${path}.part`, options)
      await rename(`${path}.part`, path)
      return sha256
    } catch (cause) {
      if (cause instanceof ModelError && cause.code !== 'download_failed') throw cause
      if (attempt >= attempts) {
        throw new ModelError(
          'download_failed',
          `${model.file} could not be downloaded: ${(cause as Error).message}`,
          cause,
        )
      }
      await pause(retryMs * 2 ** (attempt - 1))
    }
  }
}

/** Most bytes a file may have. A size that is known in rounded GB only is held to within a twentieth. */
const mostBytes = (model: Model): number => model.sizeBytes ?? Math.ceil(sizeOfModel(model) * 1.05)

async function download(model: Model, part: string, options: FetchOptions): Promise<string> {
  const { idleMs = 30_000, mirror, onProgress } = options
  const address = new URL(model.url)
  const url = mirror ? new URL(address.pathname, mirror) : address
  const had = await sizeOfFile(part)
  const hash = createHash('sha256')
  let doneBytes = 0

  // Only where the exact size is known can a partial file be told to be whole without asking the source.
  if (model.sizeBytes === undefined || had < model.sizeBytes) {
    const idle = new AbortController()
    const stop = () => idle.abort(new Error(`no data for ${idleMs / 1_000} s`))
    let timer = setTimeout(stop, idleMs)
    let announced: number | null = null
    try {
      const reply = await fetch(url, {
        headers: had > 0 ? { range: `bytes=${had}-` } : {},
        signal: idle.signal,
      })
      if (!reply.ok || !reply.body) throw new Error(`${url.host} answered ${reply.status}`)
      // A source that does not do ranges sends the whole file again.
      const resumed = had > 0 && reply.status === 206
      const length = Number(reply.headers.get('content-length') ?? Number.NaN)
      announced = Number.isInteger(length) ? length + (resumed ? had : 0) : null
      if (resumed) {
        await hashFile(hash, part)
        doneBytes = had
      }
      const count = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          clearTimeout(timer)
          timer = setTimeout(stop, idleMs)
          doneBytes += chunk.length
          if (doneBytes > mostBytes(model)) {
            done(new ModelError('wrong_size', `${model.file} is larger than its ${mostBytes(model)} bytes`))
            return
          }
          hash.update(chunk)
          onProgress?.(doneBytes)
          done(null, chunk)
        },
      })
      const body = Readable.fromWeb(reply.body as Parameters<typeof Readable.fromWeb>[0])
      await pipeline(body, count, createWriteStream(part, { flags: resumed ? 'a' : 'w' }), {
        signal: idle.signal,
      })
    } catch (cause) {
      if (cause instanceof ModelError) await rm(part, { force: true })
      // An aborted stream says only that it was aborted; the reason says why.
      throw idle.signal.aborted ? idle.signal.reason : cause
    } finally {
      clearTimeout(timer)
    }
    const wanted = model.sizeBytes ?? announced
    if (wanted !== null && doneBytes < wanted)
      throw new Error(`the source closed after ${doneBytes} of ${wanted} bytes`)
  } else {
    await hashFile(hash, part)
  }
  const found = hash.digest('hex')
  if (!sizeFits(model, await sizeOfFile(part))) {
    await rm(part, { force: true })
    throw new ModelError(
      'wrong_size',
      `${model.file} has ${doneBytes} bytes; the list says ${sizeOfModel(model)}`,
    )
  }
  if (model.sha256 !== null && found !== model.sha256) {
    await rm(part, { force: true })
    throw new ModelError('wrong_hash', `${model.file} has sha256 ${found}; the list says ${model.sha256}`)
  }
  return found
}

/**
 * Model weights: the list in `models.yaml`, and their download into a ComfyUI models folder. A file appears under
 * its name only after its size and sha256 were found right; until then it is `<name>.part`, and can be continued.
 */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { parse } from 'yaml'

export type Model = {
  readonly file: string
  /** Folder below the models folder, as ComfyUI names it. */
  readonly folder: string
  readonly url: string
  readonly sizeBytes: number
  readonly sha256: string
  readonly licence: string
}
export type ModelList = {
  readonly workflows: Readonly<Record<string, { readonly title: string; readonly models: readonly string[] }>>
  readonly models: readonly Model[]
}

export type ModelErrorCode = 'model_list' | 'disk_full' | 'download_failed' | 'wrong_size' | 'wrong_hash'
export class ModelError extends Error {
  readonly code: ModelErrorCode
  constructor(code: ModelErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ModelError'
    this.code = code
  }
}

const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/**
 * Reads the text of a `models.yaml`.
 * @throws {ModelError} `model_list` with the entry at fault
 */
export function parseModels(text: string): ModelList {
  const list = parse(text) as ModelList
  for (const model of list?.models ?? []) {
    const sound =
      SAFE_NAME.test(model.file) &&
      model.file.endsWith('.safetensors') &&
      SAFE_NAME.test(model.folder) &&
      URL.canParse(model.url) &&
      Number.isSafeInteger(model.sizeBytes) &&
      model.sizeBytes > 0 &&
      /^[0-9a-f]{64}$/.test(model.sha256)
    if (!sound)
      throw new ModelError(
        'model_list',
        `the entry for ${JSON.stringify(model.file)} is not complete or not safe`,
      )
  }
  if (!list?.models?.length) throw new ModelError('model_list', 'the list holds no models')
  return list
}

/**
 * Models that a workflow needs, or all of the list.
 * @throws {ModelError} `model_list` when the workflow, or a file it names, is not in the list
 */
export function modelsOf(list: ModelList, workflow?: string): readonly Model[] {
  if (workflow === undefined) return list.models
  const wanted = list.workflows[workflow]
  if (!wanted) {
    const known = Object.keys(list.workflows).join(', ')
    throw new ModelError('model_list', `no workflow ${JSON.stringify(workflow)} in the list; it has ${known}`)
  }
  return wanted.models.map((file) => {
    const model = list.models.find((candidate) => candidate.file === file)
    if (!model)
      throw new ModelError('model_list', `${workflow} needs ${file}, which the list does not describe`)
    return model
  })
}

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => null))?.size ?? 0

async function hashInto(hash: Hash, path: string): Promise<void> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
}

/** Whether the file is there and right; `deep` reads it all, otherwise the size decides. */
export async function hasModel(dir: string, model: Model, deep: boolean): Promise<boolean> {
  const path = join(dir, model.folder, model.file)
  if ((await sizeOf(path)) !== model.sizeBytes) return false
  if (!deep) return true
  const hash = createHash('sha256')
  await hashInto(hash, path)
  return hash.digest('hex') === model.sha256
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
 * @throws {ModelError} `disk_full`, `download_failed` after the last attempt, `wrong_size`, `wrong_hash`
 */
export async function fetchModel(model: Model, options: FetchOptions): Promise<void> {
  const { dir, attempts = 6, retryMs = 1_000 } = options
  const path = join(dir, model.folder, model.file)
  await mkdir(join(dir, model.folder), { recursive: true })
  const space = await statfs(dir)
  const missingBytes = model.sizeBytes - (await sizeOf(`${path}.part`))
  if (space.bavail * space.bsize < missingBytes) {
    const freeGb = ((space.bavail * space.bsize) / 1e9).toFixed(1)
    throw new ModelError(
      'disk_full',
      `${model.file} needs ${(missingBytes / 1e9).toFixed(1)} GB, ${dir} has ${freeGb} GB free`,
    )
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      await download(model, `${path}.part`, options)
      break
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
  await rename(`${path}.part`, path)
}

async function download(model: Model, part: string, options: FetchOptions): Promise<void> {
  const { idleMs = 30_000, mirror, onProgress } = options
  const address = new URL(model.url)
  const url = mirror ? new URL(address.pathname, mirror) : address
  const had = await sizeOf(part)
  const hash = createHash('sha256')
  let doneBytes = 0

  if (had < model.sizeBytes) {
    const idle = new AbortController()
    const stop = () => idle.abort(new Error(`no data for ${idleMs / 1_000} s`))
    let timer = setTimeout(stop, idleMs)
    try {
      const reply = await fetch(url, {
        headers: had > 0 ? { range: `bytes=${had}-` } : {},
        signal: idle.signal,
      })
      if (!reply.ok || !reply.body) throw new Error(`${url.host} answered ${reply.status}`)
      // A source that does not do ranges sends the whole file again.
      const resumed = had > 0 && reply.status === 206
      if (resumed) {
        await hashInto(hash, part)
        doneBytes = had
      }
      const count = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          clearTimeout(timer)
          timer = setTimeout(stop, idleMs)
          doneBytes += chunk.length
          if (doneBytes > model.sizeBytes) {
            done(new ModelError('wrong_size', `${model.file} is larger than its ${model.sizeBytes} bytes`))
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
    if (doneBytes < model.sizeBytes)
      throw new Error(`the source closed after ${doneBytes} of ${model.sizeBytes} bytes`)
  } else {
    await hashInto(hash, part)
  }
  const found = hash.digest('hex')
  if (found !== model.sha256 || (await sizeOf(part)) !== model.sizeBytes) {
    await rm(part, { force: true })
    throw new ModelError('wrong_hash', `${model.file} has sha256 ${found}; the list says ${model.sha256}`)
  }
}

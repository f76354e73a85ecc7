/** Fetching a finished file: to a name beside the target, renamed when it is whole. */
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { networkFault } from './api.ts'
import { CliError, EXIT } from './exit.ts'

const SILENCE_MS = 30_000
const TRIES = 3

async function fetchTo(url: string, file: string, signal: AbortSignal): Promise<number> {
  const silence = new AbortController()
  const watchdog = setTimeout(() => silence.abort(new Error('the server fell silent')), SILENCE_MS)
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, silence.signal]) })
    if (!response.ok || !response.body) throw new Error(`status ${response.status}`)
    const expected = Number(response.headers.get('content-length') ?? Number.NaN)
    let sizeBytes = 0
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        sizeBytes += chunk.length
        watchdog.refresh()
        done(null, chunk)
      },
    })
    await pipeline(response.body as unknown as AsyncIterable<Uint8Array>, meter, createWriteStream(file), {
      signal: AbortSignal.any([signal, silence.signal]),
    })
    if (Number.isFinite(expected) && expected !== sizeBytes) throw new Error('it broke off')
    return sizeBytes
  } finally {
    clearTimeout(watchdog)
  }
}

/**
 * Fetches `url` to `target`; the folder is made when missing. A file that is there is replaced, at the end and at once.
 * @param address asked for before each try: links expire
 * @returns bytes written
 */
export async function download(
  address: () => Promise<string>,
  target: string,
  signal: AbortSignal,
): Promise<number> {
  const draft = path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.part`)
  try {
    await mkdir(path.dirname(target), { recursive: true })
    for (let attempt = 1; ; attempt += 1) {
      try {
        const sizeBytes = await fetchTo(await address(), draft, signal)
        await rename(draft, target)
        return sizeBytes
      } catch (error) {
        signal.throwIfAborted()
        if (attempt === TRIES || isLocal(error)) throw error
      }
    }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof CliError) throw error
    const what = isLocal(error)
      ? `cannot be written (${(error as NodeJS.ErrnoException).code})`
      : `could not be fetched (${networkFault(error)})`
    throw new CliError(EXIT.failed, `${target} ${what}.`, undefined, error)
  } finally {
    await rm(draft, { force: true }).catch(() => {})
  }
}

/** Faults of this machine's disk: trying again does not help. */
const isLocal = (error: unknown): boolean =>
  ['ENOSPC', 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENOENT', 'EDQUOT'].includes(
    String((error as NodeJS.ErrnoException).code),
  )

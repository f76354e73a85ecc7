/** Whether a weight lies in a models folder, and whether it is the one that the list describes. */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Model, pathOfModel, sizeOfModel } from './models.ts'

/** How far a size may be off that the list gives in rounded GB. */
const APPROX = 0.05
const CHUNK_BYTES = 1 << 20

/**
 * `right`: size and hash are those of the list. `there`: the size is, the hash was not looked at. `unverified`: the
 * list has no hash to compare with.
 */
export type WeightState = 'right' | 'there' | 'unverified' | 'missing' | 'wrong_size' | 'wrong_hash'

export type WeightCheck = {
  readonly state: WeightState
  /** Size found; 0 for a missing file. */
  readonly foundBytes: number
  /** SHA-256 (hex) found, where the file was read. */
  readonly sha256: string | null
}

/** Size of a file, 0 when there is none. */
export const sizeOfFile = async (path: string): Promise<number> =>
  (await stat(path).catch(() => null))?.size ?? 0

/** Feeds a file to a hash. `onBytes` is told how much each step read. */
export async function hashFile(
  hash: Hash,
  path: string,
  options: { signal?: AbortSignal | undefined; onBytes?: ((bytes: number) => void) | undefined } = {},
): Promise<void> {
  const { signal, onBytes } = options
  for await (const chunk of createReadStream(path, {
    highWaterMark: CHUNK_BYTES,
    ...(signal ? { signal } : {}),
  })) {
    hash.update(chunk as Buffer)
    onBytes?.((chunk as Buffer).length)
  }
}

/** True when a size is the one of the list, as exactly as the list knows it. */
export const sizeFits = (model: Model, bytes: number): boolean =>
  model.sizeBytes !== undefined
    ? bytes === model.sizeBytes
    : Math.abs(bytes - sizeOfModel(model)) <= sizeOfModel(model) * APPROX

/**
 * @param options `deep` reads the whole file, otherwise its size decides
 */
export async function checkWeight(
  dir: string,
  model: Model,
  options: {
    deep: boolean
    signal?: AbortSignal | undefined
    onBytes?: ((bytes: number) => void) | undefined
  },
): Promise<WeightCheck> {
  const path = join(dir, pathOfModel(model))
  const foundBytes = await sizeOfFile(path)
  if (foundBytes === 0) return { state: 'missing', foundBytes, sha256: null }
  if (!sizeFits(model, foundBytes)) return { state: 'wrong_size', foundBytes, sha256: null }
  if (!options.deep)
    return { state: model.sha256 === null ? 'unverified' : 'there', foundBytes, sha256: null }
  const hash = createHash('sha256')
  await hashFile(hash, path, options)
  const sha256 = hash.digest('hex')
  if (model.sha256 === null) return { state: 'unverified', foundBytes, sha256 }
  return { state: sha256 === model.sha256 ? 'right' : 'wrong_hash', foundBytes, sha256 }
}

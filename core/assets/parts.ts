/**
 * A file in parts, so that an upload that was cut goes on from what has arrived. Each part is an object of its own beside
 * the whole file's place: every store keeps those, and what nobody ends goes with the asset's folder.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { ObjectStore } from '../platform/objects.ts'
import { partKey } from './keys.ts'

/** Little is sent twice after a loss, and the largest file has 13 of them. */
const PART_BYTES = 4_194_304
/** Of the bytes of a part; the type of the whole is looked at when all of them are there. */
export const PART_TYPE = 'application/octet-stream'

export type Part = { number: number; start: number; sizeBytes: number }
export type StoredPart = Part & { isThere: boolean }

/** Where a file of this size is cut. Numbers begin at 1. Pure. */
export const partsOf = (sizeBytes: number): Part[] =>
  Array.from({ length: Math.ceil(sizeBytes / PART_BYTES) }, (_, index) => {
    const start = index * PART_BYTES
    return { number: index + 1, start, sizeBytes: Math.min(PART_BYTES, sizeBytes - start) }
  })

/** The parts of a file, and which of them have arrived whole. */
export const readParts = (store: ObjectStore, fileKey: string, sizeBytes: number): Promise<StoredPart[]> =>
  Promise.all(
    partsOf(sizeBytes).map(async (part) => {
      const found = await store.stat(partKey(fileKey, part.number))
      return { ...part, isThere: found?.sizeBytes === part.sizeBytes }
    }),
  )

/** Fetches the parts of a file, one after the other, into one. */
export async function fetchParts(
  store: ObjectStore,
  fileKey: string,
  parts: readonly Part[],
  path: string,
  signal: AbortSignal,
  budgetMs: number,
): Promise<void> {
  const piece = `${path}.part`
  for (const { number } of parts) {
    await store.getFile(partKey(fileKey, number), piece, signal, undefined, budgetMs)
    await pipeline(createReadStream(piece), createWriteStream(path, { flags: 'a' }), { signal })
  }
  await rm(piece, { force: true })
}

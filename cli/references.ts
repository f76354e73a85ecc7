/**
 * Pictures that lie beside a storyboard: `reference_images: [{id: "file:images/mara.jpg"}]`. They are found and looked
 * at here, and uploaded as assets before the storyboard is posted with the assets' ids in their place.
 */
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { SNIFF_BYTES, sniffType } from '../core/assets/media-types.ts'
import { localImagePath, withImageIds } from '../core/storyboard/reference-images.ts'
import { type Api, networkFault } from './api.ts'
import type { Diagnostic } from './diagnostics.ts'
import { CliError, EXIT } from './exit.ts'

export type Reference = {
  /** Path of the field in the document, e.g. `symbols.mara.reference_images[0].id`. */
  path: string
  /** As written, e.g. `file:images/mara.jpg`. */
  id: string
  file: string
  contentType: string
  sizeBytes: number
}

const SCHEME = 'file:'
const LARGEST_BYTES = 52_428_800
const UPLOAD_MS = 300_000

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every `file:` id of a document, whatever else the document holds. Pure. */
export function findFileIds(document: unknown): { path: string; id: string }[] {
  const found: { path: string; id: string }[] = []
  const symbols = isObject(document) && isObject(document.symbols) ? document.symbols : {}
  for (const [name, symbol] of Object.entries(symbols)) {
    const images = isObject(symbol) && Array.isArray(symbol.reference_images) ? symbol.reference_images : []
    images.forEach((image: unknown, index) => {
      if (isObject(image) && typeof image.id === 'string' && image.id.startsWith(SCHEME)) {
        found.push({ path: `symbols.${name}.reference_images[${index}].id`, id: image.id })
      }
    })
  }
  return found
}

async function look(file: string): Promise<{ contentType: string; sizeBytes: number } | string> {
  try {
    const { size } = await stat(file)
    if (size > LARGEST_BYTES) return `is larger than 50 MiB`
    const handle = await open(file, 'r')
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0)
      const contentType = sniffType(buffer.subarray(0, bytesRead))
      return contentType?.startsWith('image/')
        ? { contentType, sizeBytes: size }
        : 'is no JPEG, PNG or WebP picture'
    } finally {
      await handle.close()
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') return 'does not exist'
    return code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`
  }
}

/** Looks at every picture the document names. @param folder folder of the storyboard */
export async function checkReferences(
  document: unknown,
  folder: string,
): Promise<{ references: Reference[]; errors: Diagnostic[] }> {
  const references: Reference[] = []
  const errors: Diagnostic[] = []
  for (const { path: at, id } of findFileIds(document)) {
    const name = localImagePath(id)
    const fail = (message: string) => errors.push({ path: at, code: 'V17_image_file', message })
    if (name === null) {
      fail(`"${id}" must be a path inside the storyboard's folder, such as file:images/mara.jpg`)
      continue
    }
    const file = path.join(folder, name)
    const facts = await look(file)
    if (typeof facts === 'string') fail(`the picture ${file} ${facts}`)
    else references.push({ path: at, id, file, ...facts })
  }
  return { references, errors }
}

async function upload(api: Api, reference: Reference, signal: AbortSignal): Promise<string> {
  const body = {
    filename: path.basename(reference.file),
    content_type: reference.contentType,
    size_bytes: reference.sizeBytes,
  }
  const { asset, upload_url, upload_method, upload_headers } = await api.ask(
    (client, signal) => client.POST('/v1/assets/upload-url', { body, signal }),
    { signal },
  )
  try {
    const response = await fetch(new URL(upload_url, api.baseUrl), {
      method: upload_method,
      headers: { ...upload_headers, 'content-length': String(reference.sizeBytes) },
      body: Readable.toWeb(createReadStream(reference.file)),
      duplex: 'half',
      signal: AbortSignal.any([signal, AbortSignal.timeout(UPLOAD_MS)]),
    } as unknown as RequestInit)
    await response.body?.cancel()
    if (!response.ok) throw new Error(`status ${response.status}`)
  } catch (error) {
    signal.throwIfAborted()
    throw new CliError(EXIT.unreachable, `${reference.file} could not be uploaded (${networkFault(error)}).`)
  }
  const params = { path: { id: asset.id } }
  await api.ask((client, signal) => client.POST('/v1/assets/{id}/confirm', { params, signal }), { signal })
  return asset.id
}

/** Uploads the pictures, each file once, and gives the document with asset ids in the place of `file:` ids. */
export async function uploadReferences(
  api: Api,
  document: unknown,
  references: readonly Reference[],
  signal: AbortSignal,
): Promise<unknown> {
  const assetOf = new Map<string, string>()
  for (const reference of references) {
    if (!assetOf.has(reference.id)) assetOf.set(reference.id, await upload(api, reference, signal))
  }
  return withImageIds(document, assetOf)
}

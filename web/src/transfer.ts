/**
 * A file on its way to the store. A small one goes in one piece. A larger one goes in parts: after a loss, or when the same
 * file is chosen again after a reload, what has arrived is not sent again.
 */
import { ApiError, type Asset, ask, type UploadParts } from './api/client.ts'
import { size } from './pages/library/search.ts'

const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  ogg: 'audio/ogg',
  mp4: 'video/mp4',
}
export const ENDINGS = Object.keys(TYPES)

const typeOf = (name: string): string | undefined => TYPES[name.split('.').at(-1)?.toLowerCase() ?? '']

const LARGEST = 52_428_800

/** Why a file is not worth sending; null when it is. */
export function refusalOf({ name, size: bytes }: { name: string; size: number }): string | null {
  if (!typeOf(name)) return 'not taken: PNG, JPEG, WEBP, MP3, WAV, OGG or MP4'
  if (bytes === 0) return 'not taken: it is empty'
  return bytes > LARGEST ? `too large: ${size(bytes)}, limit ${size(LARGEST)}` : null
}

/** Up to this size it is one part anyway. */
const ONE_PIECE_BYTES = 4_194_304

/** The bytes did not get there: the network, or the store, is away. */
export class Lost extends Error {}

/** The store wants none of it. */
class Refused extends Error {
  readonly status: number
  constructor(status: number) {
    super(
      status === 507 ? 'The store of this installation is full.' : `The store answered ${status}. Try again.`,
    )
    this.status = status
  }
}

type Address = { url: string; method: string; headers: Record<string, unknown> }

/** Unlike fetch, XMLHttpRequest tells how much has gone. */
function put(
  bytes: Blob,
  { url, method, headers }: Address,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(method, url)
    for (const [name, value] of Object.entries(headers)) {
      // Browsers set the length themselves, and let nobody else.
      if (name.toLowerCase() !== 'content-length') request.setRequestHeader(name, String(value))
    }
    const stop = (): void => request.abort()
    request.upload.onprogress = ({ loaded }) => onSent(loaded)
    request.onload = () => (request.status < 300 ? resolve() : reject(new Refused(request.status)))
    request.onerror = () => reject(new Lost())
    request.onabort = () => reject(new Lost())
    request.onloadend = () => signal.removeEventListener('abort', stop)
    signal.addEventListener('abort', stop)
    if (signal.aborted) reject(new Lost())
    else request.send(bytes)
  })
}

const KEPT = 'framecast:uploads'
const MOST_KEPT = 20
/** Longer than this the server does not wait for the rest of a file. */
const KEPT_MS = 24 * 3_600_000

type Kept = { asset: string; owner: string; name: string; size: number; modified: number; at: number }

function kept(): Kept[] {
  try {
    const all = JSON.parse(localStorage.getItem(KEPT) ?? '[]') as Kept[]
    return all.filter(({ at }) => at > Date.now() - KEPT_MS)
  } catch {
    return []
  }
}

function keep(all: readonly Kept[]): void {
  try {
    localStorage.setItem(KEPT, JSON.stringify(all.slice(-MOST_KEPT)))
  } catch {
    // Without storage a reload begins the file again.
  }
}

const isOf = (file: File, owner: string) => (one: Kept) =>
  one.owner === owner &&
  one.name === file.name &&
  one.size === file.size &&
  one.modified === file.lastModified

const forget = (file: File, owner: string): void => {
  const isThis = isOf(file, owner)
  keep(kept().filter((one) => !isThis(one)))
}

const announce = (file: File, owner: string) =>
  ask((api, signal) =>
    api.POST('/v1/assets/upload-url', {
      body: { filename: file.name, content_type: typeOf(file.name) ?? '', size_bytes: file.size, owner },
      signal,
    }),
  )
const readAsset = (id: string): Promise<Asset> =>
  ask((api, signal) => api.GET('/v1/assets/{id}', { params: { path: { id } }, signal }))
const readParts = (id: string): Promise<UploadParts> =>
  ask((api, signal) => api.POST('/v1/assets/{id}/parts', { params: { path: { id } }, signal }))
const confirm = (id: string): Promise<Asset> =>
  ask((api, signal) => api.POST('/v1/assets/{id}/confirm', { params: { path: { id } }, signal }))

/** The asset that this file began to be before; undefined when it has to begin. */
async function begun(file: File, owner: string): Promise<Asset | undefined> {
  const id = kept().find(isOf(file, owner))?.asset
  if (!id) return undefined
  try {
    const asset = await readAsset(id)
    return asset.status === 'failed' ? undefined : asset
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return undefined
    throw error
  }
}

async function begin(file: File, owner: string): Promise<Asset> {
  const { asset } = await announce(file, owner)
  const { name, size, lastModified: modified } = file
  keep([...kept(), { asset: asset.id, owner, name, size, modified, at: Date.now() }])
  return asset
}

export type Watch = {
  /** 0 to 1; what had arrived before counts. */
  onShare: (share: number) => void
  /** All is there; the server looks into it. */
  onSent: () => void
  /** Stops it where it is. */
  signal: AbortSignal
}

/** Sends the parts that are missing. Addresses end while a slow file goes: then new ones are asked for. */
async function sendParts(file: File, id: string, { onShare, signal }: Watch): Promise<void> {
  for (let hadProgress = true; hadProgress; ) {
    hadProgress = false
    const { parts, upload_method: method, upload_headers: headers } = await readParts(id)
    const missing = parts.filter(({ received }) => !received)
    let sent = file.size - missing.reduce((sum, { size_bytes }) => sum + size_bytes, 0)
    onShare(sent / file.size)
    try {
      for (const { start, size_bytes, upload_url } of missing) {
        const address = { url: upload_url ?? '', method, headers }
        const bytes = file.slice(start, start + size_bytes)
        await put(bytes, address, (some) => onShare((sent + some) / file.size), signal)
        sent += size_bytes
        hadProgress = true
        onShare(sent / file.size)
      }
      return
    } catch (error) {
      if (!(error instanceof Refused && error.status === 403 && hadProgress)) throw error
    }
  }
}

async function sendWhole(file: File, owner: string, { onShare, signal }: Watch): Promise<Asset> {
  const {
    asset,
    upload_url: url,
    upload_method: method,
    upload_headers: headers,
  } = await announce(file, owner)
  await put(file, { url, method, headers }, (sent) => onShare(sent / file.size), signal)
  return asset
}

/**
 * Brings a file into the library of `owner`, from where an earlier try has stopped.
 * @returns the asset, ready
 * @throws {Lost} {Offline} to be tried again; {ApiError} for a refusal
 */
export async function transfer(file: File, owner: string, watch: Watch): Promise<Asset> {
  if (file.size <= ONE_PIECE_BYTES) {
    const { id } = await sendWhole(file, owner, watch)
    watch.onSent()
    return confirm(id)
  }
  const asset = (await begun(file, owner)) ?? (await begin(file, owner))
  if (asset.status === 'pending') await sendParts(file, asset.id, watch)
  watch.onSent()
  try {
    const ready = asset.status === 'ready' ? asset : await confirm(asset.id)
    forget(file, owner)
    return ready
  } catch (error) {
    // What the server has looked at and refused is not worth going on with.
    if (error instanceof ApiError && error.status === 400) forget(file, owner)
    throw error
  }
}

/** Gives up on a file that has not arrived: what is there of it goes. */
export async function abandon(file: File, owner: string): Promise<void> {
  const id = kept().find(isOf(file, owner))?.asset
  forget(file, owner)
  // Without this it goes after a day.
  if (id)
    await ask((api, signal) => api.DELETE('/v1/assets/{id}', { params: { path: { id } }, signal })).catch(
      () => {},
    )
}

/**
 * Links to media: presigned URLs of the store, or, where a browser cannot reach the store, URLs of the server that are
 * signed and expire in the same way.
 */
import type { Config } from './config.ts'
import type { AnnouncedObject, ObjectStore } from './objects.ts'
import { createSigner } from './signing.ts'

export type MediaLinks = {
  /** A link to one object for `expiresS` seconds; with `filename` it is a download. */
  url(key: string, expiresS: number, filename?: string): Promise<string>
  /** What a link of the server points to; null when it is forged or past its time. Proxy delivery only. */
  verify(path: string, query: URLSearchParams): { key: string; filename: string | null } | null
}

export type UploadLinks = {
  /** An address to PUT one object to for `expiresS` seconds, of exactly this type and size. */
  url(key: string, expiresS: number, object: AnnouncedObject): Promise<string>
  /** What an address of the server takes; null when it is forged or past its time. Proxy delivery only. */
  verify(path: string, query: URLSearchParams): (AnnouncedObject & { key: string }) | null
}

const BASE_PATH = '/media/'

type LinkConfig = Pick<Config, 'MEDIA_DELIVERY' | 'DATA_KEY' | 'APP_BASE_URL'>

/** Links to films, clips, pictures and uploads: keys of the outputs bucket. */
export const createMediaLinks = (
  config: LinkConfig,
  store: ObjectStore,
  now: () => number = Date.now,
): MediaLinks => createLinks(config, store, BASE_PATH, 'media', now)

/** Links to what comes with Framecast: keys of the system bucket, which are worth nothing in the other one. */
export const createSystemMediaLinks = (
  config: LinkConfig,
  store: ObjectStore,
  now: () => number = Date.now,
): MediaLinks => createLinks(config, store, '/media/system/', 'media:system', now)

function createLinks(
  config: LinkConfig,
  store: ObjectStore,
  basePath: string,
  purpose: string,
  now: () => number,
): MediaLinks {
  const signer = createSigner(config.DATA_KEY, purpose)
  const text = (key: string, expires: string, filename: string): string => [key, expires, filename].join('\n')
  return {
    async url(key, expiresS, filename) {
      if (config.MEDIA_DELIVERY === 'redirect') return store.presignGet(key, expiresS, filename)
      // Rounded up to the minute: every reader of one film gets one address, which a browser can cache.
      const expires = String(Math.ceil((now() / 1_000 + expiresS) / 60) * 60)
      const query = new URLSearchParams({ expires, ...(filename ? { filename } : {}) })
      query.set('signature', signer.sign(text(key, expires, filename ?? '')))
      return `${config.APP_BASE_URL}${basePath}${pathOf(key)}?${query}`
    },
    verify(path, query) {
      const key = keyOf(path, basePath)
      const expires = query.get('expires') ?? ''
      const filename = query.get('filename')
      if (key === null || !isTime(expires)) return null
      if (!signer.verify(text(key, expires, filename ?? ''), query.get('signature') ?? '')) return null
      return Number(expires) * 1_000 > now() ? { key, filename } : null
    },
  }
}

/** Addresses for uploads: of the store, or, where a browser cannot reach the store, of the server. */
export function createUploadLinks(
  config: LinkConfig,
  store: ObjectStore,
  now: () => number = Date.now,
): UploadLinks {
  const signer = createSigner(config.DATA_KEY, 'media:upload')
  const text = (...parts: readonly string[]): string => parts.join('\n')
  return {
    async url(key, expiresS, object) {
      if (config.MEDIA_DELIVERY === 'redirect') return store.presignPut(key, expiresS, object)
      const expires = String(Math.ceil(now() / 1_000 + expiresS))
      const size = String(object.sizeBytes)
      const query = new URLSearchParams({ expires, type: object.contentType, size })
      query.set('signature', signer.sign(text(key, expires, object.contentType, size)))
      return `${config.APP_BASE_URL}${BASE_PATH}${pathOf(key)}?${query}`
    },
    verify(path, query) {
      const key = keyOf(path, BASE_PATH)
      const [expires = '', contentType = '', size = '', signature = ''] = [
        ...['expires', 'type', 'size', 'signature'].map((name) => query.get(name) ?? ''),
      ]
      if (key === null || !isTime(expires)) return null
      if (!signer.verify(text(key, expires, contentType, size), signature)) return null
      return Number(expires) * 1_000 > now() ? { key, contentType, sizeBytes: Number(size) } : null
    },
  }
}

const isTime = (text: string): boolean => /^\d{1,12}$/.test(text)
const pathOf = (key: string): string => key.split('/').map(encodeURIComponent).join('/')

function keyOf(path: string, basePath: string): string | null {
  if (!path.startsWith(basePath)) return null
  try {
    return path.slice(basePath.length).split('/').map(decodeURIComponent).join('/')
  } catch {
    return null
  }
}

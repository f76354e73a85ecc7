/**
 * Links to media: presigned URLs of the store, or, where a browser cannot reach the store, URLs of the server that are
 * signed and expire in the same way.
 */
import type { Config } from './config.ts'
import type { ObjectStore } from './objects.ts'
import { createSigner } from './signing.ts'

export type MediaLinks = {
  /** A link to one object for `expiresS` seconds; with `filename` it is a download. */
  url(key: string, expiresS: number, filename?: string): Promise<string>
  /** What a link of the server points to; null when it is forged or past its time. Proxy delivery only. */
  verify(path: string, query: URLSearchParams): { key: string; filename: string | null } | null
}

type LinkConfig = Pick<Config, 'MEDIA_DELIVERY' | 'DATA_KEY' | 'APP_BASE_URL'>

/** Links to films, clips, pictures and uploads: keys of the outputs bucket. */
export const createMediaLinks = (
  config: LinkConfig,
  store: ObjectStore,
  now: () => number = Date.now,
): MediaLinks => createLinks(config, store, '/media/', 'media', now)

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
  const text = (key: string, expires: string, filename: string): string => `${key}\n${expires}\n${filename}`
  return {
    async url(key, expiresS, filename) {
      if (config.MEDIA_DELIVERY === 'redirect') return store.presignGet(key, expiresS, filename)
      // Rounded up to the minute: every reader of one film gets one address, which a browser can cache.
      const expires = String(Math.ceil((now() / 1_000 + expiresS) / 60) * 60)
      const query = new URLSearchParams({ expires, ...(filename ? { filename } : {}) })
      query.set('signature', signer.sign(text(key, expires, filename ?? '')))
      return `${config.APP_BASE_URL}${basePath}${key.split('/').map(encodeURIComponent).join('/')}?${query}`
    },
    verify(path, query) {
      const expires = query.get('expires') ?? ''
      const filename = query.get('filename')
      const signature = query.get('signature') ?? ''
      if (!path.startsWith(basePath) || !/^\d{1,12}$/.test(expires)) return null
      let key: string
      try {
        key = path.slice(basePath.length).split('/').map(decodeURIComponent).join('/')
      } catch {
        return null
      }
      if (!signer.verify(text(key, expires, filename ?? ''), signature)) return null
      return Number(expires) * 1_000 > now() ? { key, filename } : null
    },
  }
}

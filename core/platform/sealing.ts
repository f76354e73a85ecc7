/** Secrets at rest: sealed with a key derived from DATA_KEY, so that a copy of the database alone opens nothing. */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'

export type Sealer = {
  /** `v1.<key id>.<base64url of nonce, ciphertext and tag>`; opens only together with the same `context`. */
  seal(text: string, context: string): string
  /** @throws {Error} when it was sealed with another DATA_KEY or for another context, or is damaged */
  open(sealed: string, context: string): string
}

const VERSION = 'v1'
const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * A sealer (AES-256-GCM) whose key is derived for `purpose`.
 * @param dataKey 32 bytes, base64
 */
export function createSealer(dataKey: string, purpose: string): Sealer {
  const key = Buffer.from(
    hkdfSync('sha256', Buffer.from(dataKey, 'base64'), '', `framecast:seal:${purpose}`, 32),
  )
  // Tells a wrong DATA_KEY apart from a damaged value, and lets a later release know which key to use.
  const keyId = createHash('sha256').update(key).digest('hex').slice(0, 8)
  const prefix = `${VERSION}.${keyId}.`
  // What a value belongs to is authenticated with it: moved to another row it does not open.
  const authenticated = (context: string): Buffer => Buffer.from(`${prefix}${context}`)
  return {
    seal(text, context) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
      cipher.setAAD(authenticated(context))
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return prefix + sealed.toString('base64url')
    },
    open(sealed, context) {
      const [version, sealedWith, encoded = ''] = sealed.split('.')
      if (version !== VERSION) throw new Error('a sealed value is of a form that this release does not know')
      if (sealedWith !== keyId) throw new Error('a value was sealed with another DATA_KEY')
      const bytes = Buffer.from(encoded, 'base64url')
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAAD(authenticated(context))
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
      const text = [decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]
      return Buffer.concat(text).toString('utf8')
    },
  }
}

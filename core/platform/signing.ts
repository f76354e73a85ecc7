/** Keys derived from DATA_KEY, one a purpose, and signatures with them. */
import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'

export type Signer = {
  /** HMAC-SHA256 of `text`, base64url. */
  sign(text: string): string
  /** Constant-time check of a signature made by `sign`. */
  verify(text: string, signature: string): boolean
}

/** A signer whose key is derived for `purpose`, so that a signature made for one use is worthless for another. */
export function createSigner(dataKey: string, purpose: string): Signer {
  const key = Buffer.from(hkdfSync('sha256', Buffer.from(dataKey, 'base64'), '', `framecast:${purpose}`, 32))
  const sign = (text: string): string => createHmac('sha256', key).update(text).digest('base64url')
  return { sign, verify: (text, signature) => sameText(sign(text), signature) }
}

/** Compares two texts in constant time. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** A random token of 256 bits, base64url: 43 characters. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/** What is stored of a token that is already random: a plain hash is enough, and can be looked up. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')

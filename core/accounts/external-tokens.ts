/**
 * Tokens of another issuer, which the operator has set up: HS256 with a shared secret, or asymmetric with a published key
 * set. The key comes from the configuration; what a token says of itself (`alg`, `kid`, `jku`, `jwk`) at most chooses among
 * the keys that are known for its algorithm.
 */
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import type { Config } from '../platform/config.ts'
import { Problem } from '../platform/errors.ts'
import { isUuid } from '../platform/ids.ts'
import { isEmail } from './email.ts'

const LEEWAY_S = 60
const KEYS_KEPT_MS = 600_000
/** A token with an unknown key makes us ask for the key set again, this often at most. */
const KEYS_ASKED_MS = 60_000
const KEYS_ANSWER_MS = 5_000
/** While the issuer does not answer and no key is known, it is left alone this long between two questions. */
const KEYS_PAUSE_MS = 5_000
const ASYMMETRIC = ['RS256', 'ES256', 'EdDSA']
const MAX_NAME = 100

export type ExternalClaims = {
  userId: string
  /** Null when there is none, it is no address, or the issuer says that it is not verified. */
  email: string | null
  name: string | null
  issuedAt: Date | null
  expiresAt: Date
}

export type ExternalTokens = {
  /** @throws {Problem} INVALID_TOKEN; AUTH_ERROR when the issuer's keys cannot be had */
  verify(token: string): Promise<ExternalClaims>
}

const invalid = (cause?: unknown): Problem =>
  new Problem('INVALID_TOKEN', 'Invalid or expired token', { cause })

type Settings = Pick<
  Config,
  'AUTH_JWT_SECRET' | 'AUTH_JWKS_URL' | 'AUTH_JWT_ISSUER' | 'AUTH_JWT_AUDIENCE' | 'AUTH_SYNC_EMAIL'
>

/** Asks for the key set, but not again right after a failure: `pauseMs` says for how long. */
function askPatiently(pauseMs: () => number): FetchImplementation {
  let failedAt = Number.NEGATIVE_INFINITY
  return async (url, init) => {
    if (performance.now() - failedAt < pauseMs()) throw new Error('the key set could not be had a moment ago')
    try {
      const response = await fetch(url, init)
      if (response.status !== 200) throw new Error(`the key set was answered with status ${response.status}`)
      return response
    } catch (error) {
      failedAt = performance.now()
      throw error
    }
  }
}

/** The issuer's published keys. Only a key that is not among them is the token's fault. */
function publishedKeys(url: string): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(url), {
    cacheMaxAge: KEYS_KEPT_MS,
    cooldownDuration: KEYS_ASKED_MS,
    timeoutDuration: KEYS_ANSWER_MS,
    [customFetch]: askPatiently(() => (keys.fresh ? KEYS_ASKED_MS : KEYS_PAUSE_MS)),
  })
  return async (header, token) => {
    try {
      return await keys(header, token)
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
        throw invalid(error)
      throw new Problem('AUTH_ERROR', 'the keys of the token’s issuer cannot be had right now', {
        cause: error,
      })
    }
  }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** The last second of the year 9999: enough for anybody, and fit for any calendar. */
const LAST_TIME_S = 253_402_300_799
const timeOf = (seconds: number): Date => new Date(Math.min(seconds, LAST_TIME_S) * 1_000)

function claimsOf({ sub = '', exp, iat, email, email_verified, name }: JWTPayload): ExternalClaims {
  if (!isUuid(sub)) throw new Problem('INVALID_TOKEN', 'Invalid user ID in token')
  const address = textOf(email)
  return {
    userId: sub.toLowerCase(),
    email: address !== null && isEmail(address) && email_verified !== false ? address : null,
    // Cut by characters as people count them, not in the middle of one.
    name: textOf([...(textOf(name)?.replaceAll('\0', '').trim() ?? '')].slice(0, MAX_NAME).join('')),
    issuedAt: typeof iat === 'number' ? timeOf(iat) : null,
    expiresAt: timeOf(exp as number),
  }
}

/** Null where no other issuer is set up. */
export function createExternalTokens(config: Settings): ExternalTokens | null {
  const { AUTH_JWT_SECRET: secret, AUTH_JWKS_URL: url } = config
  if (!secret && !url) return null
  const secretKey = new TextEncoder().encode(secret)
  const published = url ? publishedKeys(url) : null
  const algorithms = [...(secret ? ['HS256'] : []), ...(published ? ASYMMETRIC : [])]
  // Whatever is no HS256 is asymmetric, and then there is a key set: the list of algorithms sees to that.
  const keyFor: JWTVerifyGetKey = async (header, token) =>
    header.alg === 'HS256' ? secretKey : (published as JWTVerifyGetKey)(header, token)
  return {
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, keyFor, {
          algorithms,
          clockTolerance: LEEWAY_S,
          requiredClaims: ['exp', 'sub'],
          ...(config.AUTH_JWT_ISSUER ? { issuer: config.AUTH_JWT_ISSUER } : {}),
          ...(config.AUTH_JWT_AUDIENCE ? { audience: config.AUTH_JWT_AUDIENCE } : {}),
        })
        return claimsOf(payload)
      } catch (error) {
        throw error instanceof Problem ? error : invalid(error)
      }
    },
  }
}

/**
 * From a credential to a caller. One place for HTTP and WebSocket; further kinds (sessions, JWT) are further rows of
 * `authenticate`.
 */
import type { Principal } from '../core/access/principal.ts'
import { findKey, findKeyById, KEY_PREFIX } from '../core/accounts/keys.ts'
import { redeemTicket } from '../core/jobs/tickets.ts'
import { findWatchLink, isWatchLinkLive } from '../core/jobs/watch-links.ts'
import type { Queryable } from '../core/platform/database.ts'
import { Problem } from '../core/platform/errors.ts'

export type Credential =
  | { kind: 'bearer'; token: string }
  | { kind: 'watch'; token: string }
  | { kind: 'ticket'; token: string }

/**
 * Reads an Authorization header.
 * @throws {Problem} MISSING_AUTHORIZATION, INVALID_AUTHORIZATION
 */
export function readAuthorization(header: string | undefined): Credential {
  if (!header) throw new Problem('MISSING_AUTHORIZATION', 'Authorization header required')
  const value = header.trim()
  if (value.startsWith(KEY_PREFIX)) return { kind: 'bearer', token: value }
  const [, scheme = '', token = ''] = /^(bearer|watch) +(\S+)$/i.exec(value) ?? []
  if (token === '') throw new Problem('INVALID_AUTHORIZATION', 'Invalid authorization header format')
  return { kind: scheme.toLowerCase() as 'bearer' | 'watch', token }
}

export type Authenticator = {
  /** @throws {Problem} a 401 that says which kind of credential was refused */
  authenticate(credential: Credential): Promise<Principal>
  /** Whether a caller who was let in earlier would still be: open streams ask from time to time. */
  isStillValid(principal: Principal): Promise<boolean>
}

export function createAuthenticator(db: Queryable): Authenticator {
  const invalidToken = () => new Problem('INVALID_TOKEN', 'Invalid or expired token')
  return {
    async authenticate({ kind, token }) {
      if (kind === 'watch') {
        const principal = await findWatchLink(db, token)
        if (!principal) throw invalidToken()
        return principal
      }
      if (kind === 'ticket') {
        const principal = await redeemTicket(db, token)
        if (!principal) throw invalidToken()
        return principal
      }
      if (!token.startsWith(KEY_PREFIX)) throw invalidToken()
      const principal = await findKey(db, token)
      if (!principal) throw new Problem('INVALID_API_KEY', 'Invalid or expired API key')
      return principal
    },
    async isStillValid(principal) {
      if (principal.kind === 'watch') return isWatchLinkLive(db, principal.linkId)
      return principal.apiKey === null || (await findKeyById(db, principal.apiKey.id)) !== null
    },
  }
}

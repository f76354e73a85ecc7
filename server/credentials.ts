/** From a credential to a caller. One place for HTTP and WebSocket; further kinds are further rows of `authenticate`. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Principal } from '../core/access/principal.ts'
import { findKey, findKeyById, KEY_PREFIX } from '../core/accounts/keys.ts'
import { findTokenPrincipal } from '../core/accounts/principals.ts'
import { findSession, type SessionKeys, verifySessionToken } from '../core/accounts/sessions.ts'
import { redeemTicket } from '../core/jobs/tickets.ts'
import { findWatchLink, isWatchLinkLive } from '../core/jobs/watch-links.ts'
import type { Config } from '../core/platform/config.ts'
import type { Queryable } from '../core/platform/database.ts'
import { Problem } from '../core/platform/errors.ts'

export type Credential =
  | { kind: 'bearer'; token: string }
  | { kind: 'cookie'; token: string }
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

/** Name of the session's cookie. The prefix makes browsers refuse it over plain http, and from other hosts. */
export const cookieName = (config: Pick<Config, 'APP_BASE_URL'>): string =>
  config.APP_BASE_URL.startsWith('https:') ? '__Host-fc_session' : 'fc_session'

/** The session cookie among the request's cookies; null when there is none. */
export function cookieCredential(headers: IncomingHttpHeaders, name: string): Credential | null {
  for (const part of (headers.cookie ?? '').split(';')) {
    const [key = '', value = ''] = part.split('=').map((text) => text.trim())
    if (key === name && value !== '') return { kind: 'cookie', token: value }
  }
  return null
}

/** Whether a page of this origin may use the cookie: ours, and those of CORS_ORIGINS. */
export const isTrustedOrigin = (
  config: Pick<Config, 'APP_BASE_URL' | 'CORS_ORIGINS'>,
  origin: string | undefined,
): boolean => origin !== undefined && [config.APP_BASE_URL, ...config.CORS_ORIGINS].includes(origin)

export type Authenticator = {
  /** @throws {Problem} a 401 that says which kind of credential was refused */
  authenticate(credential: Credential): Promise<Principal>
  /**
   * A caller who was let in earlier, as of now: with today's tier, teams and roles. Null when the credential no longer
   * opens anything. Open streams ask from time to time.
   */
  reload(principal: Principal): Promise<Principal | null>
}

export const invalidToken = (): Problem => new Problem('INVALID_TOKEN', 'Invalid or expired token')

/** @param db the server's own eyes: nobody is known yet */
export function createAuthenticator(db: Queryable, sessions: SessionKeys): Authenticator {
  /** The caller, or the refusal of an unknown one. */
  const known = (principal: Principal | null): Principal => {
    if (!principal) throw invalidToken()
    return principal
  }
  return {
    async authenticate({ kind, token }) {
      if (kind === 'watch') return known(await findWatchLink(db, token))
      if (kind === 'ticket') return known(await redeemTicket(db, token))
      if (!token.startsWith(KEY_PREFIX)) return known(await verifySessionToken(db, sessions, token))
      const principal = await findKey(db, token)
      if (!principal) throw new Problem('INVALID_API_KEY', 'Invalid or expired API key')
      return principal
    },
    async reload(principal) {
      if (principal.kind === 'watch') return (await isWatchLinkLive(db, principal.linkId)) ? principal : null
      const { tokenExpiresAt, session, apiKey, userId } = principal
      if (tokenExpiresAt && tokenExpiresAt.getTime() <= Date.now()) return null
      if (session) return findSession(db, session.id)
      if (apiKey) return findKeyById(db, apiKey.id)
      return tokenExpiresAt && findTokenPrincipal(db, userId, tokenExpiresAt)
    },
  }
}

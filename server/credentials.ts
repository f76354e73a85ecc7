/** From a credential to a caller. One place for HTTP and WebSocket; further kinds are further rows of `authenticate`. */
import type { IncomingHttpHeaders } from 'node:http'
import { decodeJwt } from 'jose'
import type { Principal, UserPrincipal } from '../core/access/principal.ts'
import type { ExternalTokens } from '../core/accounts/external-tokens.ts'
import { findKey, findKeyById, KEY_PREFIX } from '../core/accounts/keys.ts'
import { namingFailures } from '../core/accounts/load-failures.ts'
import { findTokenPrincipal } from '../core/accounts/principals.ts'
import { provision, syncEmail } from '../core/accounts/provision.ts'
import {
  countingLookUp,
  type LookUp,
  plainLookUp,
  type RateUse,
  takeRate,
  takeUserRate,
} from '../core/accounts/rates.ts'
import { findSession, ISSUER, type SessionKeys, verifySessionToken } from '../core/accounts/sessions.ts'
import { redeemTicket } from '../core/jobs/tickets.ts'
import { findWatchLink, isWatchLinkLive } from '../core/jobs/watch-links.ts'
import type { Config } from '../core/platform/config.ts'
import type { Database } from '../core/platform/database.ts'
import { Problem } from '../core/platform/errors.ts'
import type { Logger } from '../core/platform/log.ts'

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

/**
 * The session's cookie for a request that may change something: only pages of ours, and of CORS_ORIGINS, may use it so.
 * @throws {Problem} AUTHORIZATION_ERROR for a page of another origin, and for none
 */
export function trustedCookie(
  headers: IncomingHttpHeaders,
  config: Pick<Config, 'APP_BASE_URL' | 'CORS_ORIGINS'>,
): Credential | null {
  const cookie = cookieCredential(headers, cookieName(config))
  const { origin } = headers
  const isTrusted = origin !== undefined && [config.APP_BASE_URL, ...config.CORS_ORIGINS].includes(origin)
  if (cookie && !isTrusted)
    throw new Problem('AUTHORIZATION_ERROR', 'this origin may not use the session cookie')
  return cookie
}

export type Admission = {
  principal: Principal
  /** What this request was counted as; null where nothing is counted. */
  rate: RateUse | null
}

export type Authenticator = {
  /**
   * Who a credential stands for.
   * @param isCounted whether to count the request, in the same round trip where the credential allows it
   * @throws {Problem} a 401 that says which kind of credential was refused
   */
  authenticate(credential: Credential, isCounted: boolean): Promise<Admission>
  /**
   * A caller who was let in earlier, as of now: with today's tier, teams and roles. Null when the credential no longer
   * opens anything. Open streams ask from time to time.
   */
  reload(principal: Principal): Promise<Principal | null>
}

export const invalidToken = (): Problem => new Problem('INVALID_TOKEN', 'Invalid or expired token')

/** The token says who made it; whether that is true is seen when it is verified with that issuer's key. */
function isOurs(token: string): boolean {
  try {
    return decodeJwt(token).iss === ISSUER
  } catch {
    return false
  }
}

export type AuthenticatorDeps = {
  /** The server's own eyes: nobody is known yet. */
  db: Database
  config: Config
  sessions: SessionKeys
  external: ExternalTokens | null
  log: Logger
}

export function createAuthenticator({
  db,
  config,
  sessions,
  external,
  log,
}: AuthenticatorDeps): Authenticator {
  const { system } = db

  /** The account of another issuer's token, made when it is not there yet. */
  async function findExternal(
    token: string,
    issuer: ExternalTokens,
    lookUp: LookUp,
  ): Promise<UserPrincipal | null> {
    const claims = await issuer.verify(token)
    const find = () => findTokenPrincipal(system, claims.userId, claims.expiresAt, lookUp)
    const known = await find()
    if (!known) {
      await provision({ db, config }, claims)
      return find()
    }
    if (!config.AUTH_SYNC_EMAIL || claims.email === null || claims.email === known.email) return known
    return (await syncEmail(system, { userId: known.userId, email: claims.email }, log))
      ? { ...known, email: claims.email }
      : known
  }

  function findBearer(token: string, lookUp: LookUp): Promise<UserPrincipal | null> {
    if (config.AUTH_LOCAL && isOurs(token)) return verifySessionToken(system, sessions, token, lookUp)
    return external ? findExternal(token, external, lookUp) : Promise.resolve(null)
  }

  /** Watch links and tickets: their look-up is another one, so counting is a second step. */
  async function findByLink({ kind, token }: Credential, isCounted: boolean): Promise<Admission> {
    const principal = await (kind === 'watch' ? findWatchLink(system, token) : redeemTicket(system, token))
    if (!principal) throw invalidToken()
    if (!isCounted) return { principal, rate: null }
    const rate =
      principal.kind === 'user'
        ? await takeUserRate(system, principal.userId)
        : await takeRate(system, `watch:${principal.linkId}`)
    return { principal, rate }
  }

  return {
    async authenticate(credential, isCounted) {
      const { kind, token } = credential
      if (kind === 'watch' || kind === 'ticket') return findByLink(credential, isCounted)
      const counting = isCounted ? countingLookUp(system) : null
      const lookUp = namingFailures(system, counting?.lookUp ?? plainLookUp(system))
      const isKey = token.startsWith(KEY_PREFIX)
      const principal = await (isKey ? findKey(system, token, lookUp) : findBearer(token, lookUp))
      if (!principal)
        throw isKey ? new Problem('INVALID_API_KEY', 'Invalid or expired API key') : invalidToken()
      return { principal, rate: counting?.rate() ?? null }
    },
    async reload(principal) {
      if (principal.kind === 'watch')
        return (await isWatchLinkLive(system, principal.linkId)) ? principal : null
      const { tokenExpiresAt, session, apiKey, userId } = principal
      if (tokenExpiresAt && tokenExpiresAt.getTime() <= Date.now()) return null
      if (session) return findSession(system, session.id)
      if (apiKey) return findKeyById(system, apiKey.id)
      return tokenExpiresAt && findTokenPrincipal(system, userId, tokenExpiresAt)
    },
  }
}

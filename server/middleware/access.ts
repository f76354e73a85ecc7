/** Who may come in: credential, then scope, then tier. What a caller may see of what is inside is for the services to say. */
import {
  type Principal,
  requireCreator,
  requireScope,
  type Scope,
  type UserPrincipal,
} from '../../core/access/principal.ts'
import type { Config } from '../../core/platform/config.ts'
import { Problem } from '../../core/platform/errors.ts'
import type { Context, Handler, ServerDeps } from '../context.ts'
import {
  type Credential,
  cookieCredential,
  cookieName,
  invalidToken,
  readAuthorization,
  trustedCookie,
} from '../credentials.ts'

export type Allow = (...scopes: readonly Scope[]) => Handler

/** The gates of routes. With scopes named, a key has to carry one of them; other credentials carry all of their user's. */
export type Access = {
  /** Any user. */
  allow: Allow
  /** Any user, and the holder of a watch link. */
  allowWatchers: Allow
  /** Users of tier creator. */
  allowCreators: Allow
  /** People who have logged in; an API key is refused. */
  allowSessions: Handler
  /** People who have logged in, of tier creator. */
  allowCreatorSessions: Handler
  /** Anybody, as often as an address may try to sign up or to log in. */
  allowGuests: Handler
}

type Entry = { scopes?: readonly Scope[]; watchers?: boolean; keys?: boolean; creatorsOnly?: boolean }

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

export function createAccess(
  { admit, rateLimits }: Pick<ServerDeps, 'admit' | 'rateLimits'>,
  config: Pick<Config, 'APP_BASE_URL' | 'CORS_ORIGINS'>,
): Access {
  const name = cookieName(config)

  /** The Authorization header, else the session's cookie, which only our own pages may use to change anything. */
  function credentialOf(ctx: Context): Credential {
    const header = ctx.get('authorization')
    if (header !== '') return readAuthorization(header)
    const { headers } = ctx.req
    const cookie = SAFE_METHODS.includes(ctx.method)
      ? cookieCredential(headers, name)
      : trustedCookie(headers, config)
    ctx.state.hasCookie = cookie !== null
    return cookie ?? readAuthorization(undefined)
  }

  const gate =
    ({ scopes = [], watchers = false, keys = true, creatorsOnly = false }: Entry): Handler =>
    async (ctx, next) => {
      const principal = await admit(
        ctx.req,
        () => credentialOf(ctx),
        (headers) => ctx.set(headers),
      )
      ctx.state.principal = principal
      if (principal.kind === 'watch' && !watchers)
        throw new Problem('AUTHORIZATION_ERROR', 'a watch link opens its own job, and only to look at it')
      if (principal.kind === 'user' && principal.apiKey && !keys) throw invalidToken()
      if (scopes.length > 0) requireScope(principal, ...scopes)
      if (principal.kind === 'user' && creatorsOnly) requireCreator(principal)
      await next()
    }

  return {
    allow: (...scopes) => gate({ scopes }),
    allowWatchers: (...scopes) => gate({ scopes, watchers: true }),
    allowCreators: (...scopes) => gate({ scopes, creatorsOnly: true }),
    allowSessions: gate({ keys: false }),
    allowCreatorSessions: gate({ keys: false, creatorsOnly: true }),
    async allowGuests(ctx, next) {
      await rateLimits.takeAddress(ctx.req, 'auth', (headers) => ctx.set(headers))
      await next()
    },
  }
}

/** The caller of a route behind a gate for users. */
export function user(ctx: Context): UserPrincipal {
  const { principal } = ctx.state
  if (principal?.kind !== 'user') throw new Error('this route is not behind a gate for users')
  return principal
}

/** The caller of a route behind `allowWatchers`. */
export function caller(ctx: Context): Principal {
  const { principal } = ctx.state
  if (!principal) throw new Error('this route is not behind allowWatchers()')
  return principal
}

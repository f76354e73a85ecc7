/** The cookie of a session: out of reach of scripts, for our own pages. */
import { reachOf } from '../core/access/reach.ts'
import { renewSession } from '../core/accounts/sessions.ts'
import type { Config } from '../core/platform/config.ts'
import { queryableAs } from '../core/platform/reach.ts'
import type { Context, ServerDeps } from './context.ts'
import { cookieName } from './credentials.ts'

type Settings = Pick<Config, 'APP_BASE_URL'>

/** Written by hand: behind a proxy that ends TLS, the connection itself does not look secure to Koa. */
function setCookie(ctx: Context, config: Settings, value: string, maxAgeS: number): void {
  const secure = config.APP_BASE_URL.startsWith('https:') ? '; Secure' : ''
  ctx.append(
    'Set-Cookie',
    `${cookieName(config)}=${value}; Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Lax${secure}`,
  )
}

export const setSessionCookie = (
  ctx: Context,
  config: Settings,
  session: { token: string; expiresIn: number },
): void => setCookie(ctx, config, session.token, session.expiresIn)

/**
 * After a step that changes what a session may do: a browser gets a new session. Programs keep their token, which they
 * could not be told of anew.
 */
export async function renewSessionCookie(
  ctx: Context,
  { config, db, accounts, addressOf }: Pick<ServerDeps, 'config' | 'db' | 'accounts' | 'addressOf'>,
): Promise<void> {
  const { principal, hasCookie } = ctx.state
  if (!hasCookie || principal?.kind !== 'user' || !principal.session) return
  const session = await renewSession(queryableAs(db.pool, reachOf(principal)), accounts.sessions, {
    id: principal.session.id,
    userId: principal.userId,
    ip: addressOf(ctx.req),
    userAgent: ctx.get('user-agent') || null,
  })
  setSessionCookie(ctx, config, session)
}

export const clearSessionCookie = (ctx: Context, config: Settings): void => setCookie(ctx, config, '', 0)

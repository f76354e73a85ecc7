/** The cookie of a session: out of reach of scripts, for our own pages. */
import type { Config } from '../core/platform/config.ts'
import type { Context } from './context.ts'
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

export const clearSessionCookie = (ctx: Context, config: Settings): void => setCookie(ctx, config, '', 0)

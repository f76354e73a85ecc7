/** Who may come in: credential, then scope. What a caller may see of what is inside is for the services to say. */
import { type Principal, requireScope, type Scope, type UserPrincipal } from '../../core/access/principal.ts'
import { Problem } from '../../core/platform/errors.ts'
import type { Context, Handler } from '../context.ts'
import { type Authenticator, readAuthorization } from '../credentials.ts'

export type Allow = (...scopes: readonly Scope[]) => Handler

/**
 * Makes the gate of a route. `allow('jobs:read')` lets in users whose credential carries one of the scopes, with no
 * scope any user; `allowWatchers` also lets in the holder of a watch link.
 */
export function createAccess(authenticator: Authenticator): { allow: Allow; allowWatchers: Allow } {
  const gate =
    (watchers: boolean, scopes: readonly Scope[]): Handler =>
    async (ctx, next) => {
      const principal = await authenticator.authenticate(readAuthorization(ctx.get('authorization')))
      ctx.state.principal = principal
      if (principal.kind === 'watch' && !watchers)
        throw new Problem('AUTHORIZATION_ERROR', 'a watch link opens its own job, and only to look at it')
      if (scopes.length > 0) requireScope(principal, ...scopes)
      await next()
    }
  return {
    allow: (...scopes) => gate(false, scopes),
    allowWatchers: (...scopes) => gate(true, scopes),
  }
}

/** The caller of a route behind `allow`. */
export function user(ctx: Context): UserPrincipal {
  const { principal } = ctx.state
  if (principal?.kind !== 'user') throw new Error('this route is not behind allow()')
  return principal
}

/** The caller of a route behind `allowWatchers`. */
export function caller(ctx: Context): Principal {
  const { principal } = ctx.state
  if (!principal) throw new Error('this route is not behind allowWatchers()')
  return principal
}

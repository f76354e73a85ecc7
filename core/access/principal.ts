/** Who is asking, and what the credential allows. Pure. */
import { Problem } from '../platform/errors.ts'
import type { TeamRole } from './roles.ts'

export const SCOPES = [
  'generate',
  'jobs:read',
  'jobs:write',
  'assets:read',
  'assets:write',
  'projects:read',
  'projects:write',
  'team:read',
  'team:admin',
  'webhooks:read',
  'webhooks:write',
  '*',
] as const
export type Scope = (typeof SCOPES)[number]

/** What the key of a starter may hold. */
export const STARTER_SCOPES = [
  'generate',
  'jobs:read',
  'jobs:write',
  'assets:read',
  'assets:write',
] as const satisfies readonly Scope[]

export type Tier = 'starter' | 'creator'

/**
 * An authenticated caller. A key narrows its user's rights by scopes and by owner; a watch link opens one job for
 * reading, on behalf of nobody.
 */
export type Principal =
  | {
      readonly kind: 'user'
      readonly userId: string
      readonly email: string
      readonly tier: Tier
      readonly isOperator: boolean
      /** Teams in reach by id, with the caller's role: all of the user's, or the one that the key belongs to. */
      readonly teams: ReadonlyMap<string, TeamRole>
      /** The session of a local log-in; null for keys and for tokens of another issuer. */
      readonly session: { readonly id: string } | null
      /** When a token ends by itself; null for keys, which end by their row. */
      readonly tokenExpiresAt: Date | null
      readonly apiKey: {
        readonly id: string
        readonly owner: string
        readonly scopes: readonly Scope[]
      } | null
    }
  | { readonly kind: 'watch'; readonly linkId: string; readonly jobId: string }

export type UserPrincipal = Extract<Principal, { kind: 'user' }>

/** Whether the credential carries one of `scopes`. Credentials other than keys carry every scope of their user. */
export function hasScope(principal: Principal, ...scopes: readonly Scope[]): boolean {
  if (principal.kind === 'watch') return scopes.includes('jobs:read')
  if (!principal.apiKey) return true
  const held = principal.apiKey.scopes
  return held.includes('*') || scopes.some((scope) => held.includes(scope))
}

/** @throws {Problem} AUTHORIZATION_ERROR when none of `scopes` is held */
export function requireScope(principal: Principal, ...scopes: readonly Scope[]): void {
  if (!hasScope(principal, ...scopes)) {
    throw new Problem('AUTHORIZATION_ERROR', `this key lacks the scope ${scopes.join(' or ')}`)
  }
}

/** @throws {Problem} INSUFFICIENT_TIER for starters */
export function requireCreator(principal: UserPrincipal): void {
  if (principal.tier !== 'creator')
    throw new Problem('INSUFFICIENT_TIER', 'Only creator tier users can access team operations')
}

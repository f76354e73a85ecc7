/** Who is asking, and what the credential allows. Pure. */
import { Problem } from '../platform/errors.ts'

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

/**
 * An authenticated caller. A key narrows its user's rights by scopes and by owner; a watch link opens one job for
 * reading, on behalf of nobody.
 */
export type Principal =
  | {
      readonly kind: 'user'
      readonly userId: string
      readonly tier: 'starter' | 'creator'
      readonly isOperator: boolean
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

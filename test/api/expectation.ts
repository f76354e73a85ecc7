/** What a caller is told, as it follows from the table of operations. Pure. */
import { SCOPES, type Scope } from '../../core/access/principal.ts'
import type { Call } from './calls.ts'
import type { AgreedOperation } from './operations.ts'
import { type Actor, type Kind, kindsOf } from './world.ts'

/**
 * What is asked for. `own`: of the team, made by another member; `mine`: of the team, made by the caller; `personal`: the
 * caller's alone. With two ids in the path, `inner` is about the second, within the team.
 */
export type Target =
  | 'none'
  | 'own'
  | 'mine'
  | 'personal'
  | 'foreign'
  | 'missing'
  | 'inner foreign'
  | 'inner missing'

export const nameOf = ({ method, path }: { method: string; path: string }) =>
  `${method.toUpperCase()} ${path}`

/** Things that belong to a person rather than to a team. */
export const PRIVATE: readonly Kind[] = ['key', 'session', 'received']
const OWNED: readonly Kind[] = ['job', 'asset']

/** Targets that have a meaning for an operation. */
export function targetsOf({ path, owner, ownRoles }: AgreedOperation): readonly Target[] {
  const [kind, inner] = kindsOf(path)
  if (!kind) return owner ? ['none', 'own', 'foreign', 'missing'] : ['none']
  return [
    'own',
    'foreign',
    'missing',
    ...(ownRoles ? (['mine'] as const) : []),
    ...(OWNED.includes(kind) ? (['personal'] as const) : []),
    ...(inner ? (['inner foreign', 'inner missing'] as const) : []),
  ]
}

/** A scope that opens the operation to a key, and one that does not. */
export const scopeFor = ({ scopes }: AgreedOperation): Scope => scopes[0] ?? 'team:read'
export const scopeBeside = ({ scopes }: AgreedOperation): Scope =>
  SCOPES.find((scope) => scope !== '*' && !scopes.includes(scope))!

/** The whole text of refusals that carry no class of theirs. */
const TEXTS: Readonly<Record<string, string>> = {
  MISSING_AUTHORIZATION: 'Authorization header required',
  INVALID_AUTHORIZATION: 'Invalid authorization header format',
  INVALID_TOKEN: 'Invalid or expired token',
  INVALID_API_KEY: 'Invalid or expired API key',
  INSUFFICIENT_TIER: 'Only creator tier users can access team operations',
}
/** How others begin. */
const CLASSES: Readonly<Record<string, string>> = {
  AUTHORIZATION_ERROR: 'Authorization error: ',
  NOT_FOUND: 'Not found: ',
  VALIDATION_ERROR: 'Validation error: ',
  CONFLICT: 'Conflict: ',
}
/** Whether the message of a refusal is worded as agreed. */
export const isWorded = (code: string, message: string): boolean =>
  CLASSES[code] ? message.startsWith(CLASSES[code]) : message === TEXTS[code]

export type Expected = { status: number; code?: string }
const refused = (status: number): Expected => ({
  status,
  code: status === 404 ? 'NOT_FOUND' : 'AUTHORIZATION_ERROR',
})

/** What the caller is told: by the credential, then the scope, the tier, the reach, the role. */
export function expected(operation: AgreedOperation, { ok }: Call, actor: Actor, target: Target): Expected {
  const { credential, tier, scopes, roles, ownRoles, tooLow, foreign, missing } = operation
  const success: Expected = { status: typeof ok === 'number' ? ok : ok[actor.user?.tier ?? 'starter'] }
  if (credential === 'public') return success
  if (actor.refusal) return { status: 401, code: actor.refusal }
  if (actor.scopes) {
    if (credential === 'session') return { status: 401, code: 'INVALID_TOKEN' }
    const isOpen =
      scopes.length === 0 ||
      actor.scopes.includes('*') ||
      actor.scopes.some((scope) => scopes.includes(scope))
    if (!isOpen) return refused(403)
  }
  if (tier === 'creator' && actor.user!.tier === 'starter') return { status: 403, code: 'INSUFFICIENT_TIER' }
  const isIn = (allowed: readonly string[] | null) => allowed === null || allowed.includes(actor.role ?? '')
  switch (target) {
    case 'none':
    case 'personal':
      return success
    case 'missing':
      return refused(missing)
    case 'foreign':
      return refused(foreign)
    case 'own':
      if (roles && !actor.role) return refused(foreign)
      return isIn(roles) ? success : refused(tooLow)
    case 'mine':
      return isIn(ownRoles) || isIn(roles) ? success : refused(tooLow)
    case 'inner foreign':
    case 'inner missing':
      if (!actor.role) return refused(foreign)
      return isIn(roles) ? refused(404) : refused(tooLow)
  }
}

/** Whether a person stands where the target has a meaning for them. */
export function applies({ path }: AgreedOperation, actor: Actor, target: Target): boolean {
  if (actor.refusal) return target === 'own' || target === 'none'
  if (target === 'mine') return actor.role !== null
  // What is foreign to the team is at home with them.
  if (actor.name === 'an owner of another team') return target !== 'foreign' && target !== 'inner foreign'
  // A key of one team reaches nothing personal.
  if (target === 'personal') return actor.scopes === null || actor.role !== null
  return !(PRIVATE.includes(kindsOf(path)[0]!) && actor.scopes !== null && target !== 'own')
}

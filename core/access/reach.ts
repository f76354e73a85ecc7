/** Which owners a caller reaches. Pure; teams are added to `Reach` when there are any. */
import { Problem } from '../platform/errors.ts'
import { parseOwner, userUrn } from './owner.ts'
import type { UserPrincipal } from './principal.ts'

/** Every owner URN whose rows the caller may read. */
export function reachableOwners(principal: UserPrincipal): string[] {
  const personal = userUrn(principal.userId)
  const owner = principal.apiKey?.owner ?? personal
  // A key with a personal owner reaches all that its user reaches; any other key reaches its own team only.
  return parseOwner(owner)?.kind === 'user' ? [personal] : []
}

/**
 * The owner a new job or asset gets: the one asked for, else the key's, else the caller's own.
 * @throws {Problem} VALIDATION_ERROR for a malformed URN, AUTHORIZATION_ERROR for one out of reach
 */
export function chooseOwner(principal: UserPrincipal, asked: string | null | undefined): string {
  const urn = asked ?? principal.apiKey?.owner ?? userUrn(principal.userId)
  const owner = parseOwner(urn)
  if (!owner) {
    throw new Problem(
      'VALIDATION_ERROR',
      'owner must look like framecast:user:<id>, framecast:team:<id> or framecast:<team id>:<user id>',
    )
  }
  const known = reachableOwners(principal)
  if (!known.includes(urn.toLowerCase()))
    throw new Problem('AUTHORIZATION_ERROR', 'this owner is out of your reach')
  return urn.toLowerCase()
}

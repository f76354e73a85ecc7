/** Who may change whose place in a team. Pure: rows are read, held and written by members.ts. */
import type { UserPrincipal } from '../access/principal.ts'
import { can, type TeamRole } from '../access/roles.ts'
import { Problem } from '../platform/errors.ts'
import type { Member } from './locks.ts'

const forbidden = (text: string): Problem => new Problem('AUTHORIZATION_ERROR', text)

/**
 * Nobody changes or removes themselves as a member of a team; this comes before anything else is looked at.
 * @throws {Problem} VALIDATION_ERROR
 */
export function refuseOwnId({ userId }: UserPrincipal, targetId: string, what: string): void {
  if (targetId === userId) throw new Problem('VALIDATION_ERROR', `this is your own id: ${what}`)
}

function requireManager(members: readonly Member[], callerId: string): TeamRole {
  const role = members.find(({ userId }) => userId === callerId)?.role
  if (!role) throw forbidden('you are not a member of this team')
  if (!can(role, 'members.manage')) throw forbidden(`the role ${role} may not do this`)
  return role
}

const isLastOwner = (members: readonly Member[], { role }: Member): boolean =>
  role === 'owner' && members.filter((member) => member.role === 'owner').length === 1

/** The member that the caller wants to change, once everything but the change itself is allowed. */
function requireTarget(members: readonly Member[], callerId: string, targetId: string): Member {
  const callerRole = requireManager(members, callerId)
  const target = members.find(({ userId }) => userId === targetId)
  if (!target) throw new Problem('NOT_FOUND', 'no such member in this team')
  if (target.role === 'owner' && callerRole !== 'owner')
    throw forbidden('only an owner may change or remove an owner')
  return target
}

/**
 * Whether a role may be changed, by all members of the team as they are now.
 * @returns the member to change
 * @throws {Problem} AUTHORIZATION_ERROR, NOT_FOUND, CONFLICT for the last owner
 */
export function checkRoleChange(
  members: readonly Member[],
  { callerId, targetId, role }: { callerId: string; targetId: string; role: TeamRole },
): Member {
  const callerRole = requireManager(members, callerId)
  if (role === 'owner' && callerRole !== 'owner') throw forbidden('only an owner may make somebody an owner')
  const target = requireTarget(members, callerId, targetId)
  if (role !== 'owner' && isLastOwner(members, target))
    throw new Problem('CONFLICT', 'a team has at least one owner; make somebody else owner first')
  return target
}

/**
 * Whether a member may be removed, by all members of the team as they are now.
 * @returns the member to remove
 * @throws {Problem} AUTHORIZATION_ERROR, NOT_FOUND, CONFLICT for the last owner
 */
export function checkRemoval(
  members: readonly Member[],
  { callerId, targetId }: { callerId: string; targetId: string },
): Member {
  const target = requireTarget(members, callerId, targetId)
  if (isLastOwner(members, target))
    throw new Problem('CONFLICT', 'a team has at least one owner; make somebody else owner first')
  return target
}

/**
 * Whether a member may leave, by all members of the team as they are now.
 * @returns the own membership, and whether the team ends with it
 * @throws {Problem} NOT_FOUND, CONFLICT for the last owner of others
 */
export function checkLeave(
  members: readonly Member[],
  callerId: string,
): { membership: Member; isLast: boolean } {
  const membership = members.find(({ userId }) => userId === callerId)
  if (!membership) throw new Problem('NOT_FOUND', 'no such team')
  const isLast = members.length === 1
  if (!isLast && isLastOwner(members, membership))
    throw new Problem('CONFLICT', 'you are the only owner; make somebody else owner first')
  return { membership, isLast }
}

/** What each role in a team may do: the table of permissions. Pure. */
import { Problem } from '../platform/errors.ts'
import type { UserPrincipal } from './principal.ts'

export const TEAM_ROLES = ['owner', 'admin', 'member', 'viewer'] as const
export type TeamRole = (typeof TEAM_ROLES)[number]

const ALL = ['owner', 'admin', 'member', 'viewer'] as const
const WORKERS = ['owner', 'admin', 'member'] as const
const ADMINS = ['owner', 'admin'] as const
const OWNERS = ['owner'] as const

/** Where a member may do something to the own things only, services check that besides: `.manage` means anybody's. */
const ROLES = {
  'team.view': ALL,
  'team.edit': ADMINS,
  'team.delete': OWNERS,
  'team.audit': ADMINS,
  'members.manage': ADMINS,
  'invitations.manage': ADMINS,
  'projects.view': ALL,
  'projects.edit': WORKERS,
  'projects.manage': ADMINS,
  'cache.view': ALL,
  'cache.manage': ADMINS,
  'jobs.create': WORKERS,
  'jobs.manage': ADMINS,
  'assets.create': WORKERS,
  'assets.manage': ADMINS,
  'webhooks.manage': ADMINS,
  'keys.create': WORKERS,
  'usage.view': WORKERS,
} as const satisfies Record<string, readonly TeamRole[]>

export type TeamAction = keyof typeof ROLES

export function can(role: TeamRole, action: TeamAction): boolean {
  return (ROLES[action] as readonly TeamRole[]).includes(role)
}

/**
 * The caller's role in a team, when it allows `action`.
 * @param whenForeign what somebody outside the team is told: lists of a team say 403 whether or not it exists
 * @throws {Problem} AUTHORIZATION_ERROR
 */
export function requireTeamAction(
  principal: UserPrincipal,
  teamId: string,
  action: TeamAction,
  whenForeign = 'you are not a member of this team',
): TeamRole {
  const role = principal.teams.get(teamId)
  if (!role) throw new Problem('AUTHORIZATION_ERROR', whenForeign)
  if (!can(role, action)) throw new Problem('AUTHORIZATION_ERROR', `the role ${role} may not do this`)
  return role
}

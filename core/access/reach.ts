/**
 * Which rows a caller may see and where new ones may go. Pure. Services put these conditions into their queries; row-level
 * security in the database repeats them (core/platform/reach.ts hands a reach to a transaction).
 */
import { Problem } from '../platform/errors.ts'
import { formatOwner, type Owner, parseOwner, userUrn } from './owner.ts'
import type { Principal, UserPrincipal } from './principal.ts'
import { can, type TeamAction } from './roles.ts'

/** On whose behalf a transaction runs. */
export type Reach = {
  /** True for the server's own work: it sees every row. */
  readonly system: boolean
  readonly userId: string | null
  readonly email: string | null
  /** Owner URNs whose rows are in reach. */
  readonly owners: readonly string[]
  /** Ids of teams in reach. */
  readonly teams: readonly string[]
  /** Ids of teams that the caller administers: private work of their members may be stopped. */
  readonly managed: readonly string[]
  /** The one job that a watch link opens. */
  readonly watchedJob: string | null
}

const NOTHING: Reach = {
  system: false,
  userId: null,
  email: null,
  owners: [],
  teams: [],
  managed: [],
  watchedJob: null,
}

/** The server itself: authentication, streams, and the consequences of a step whose right was established before. */
export const SYSTEM: Reach = { ...NOTHING, system: true }

/** Every owner URN whose rows the caller may read: the personal one, and two for each team in reach. */
export function reachableOwners(principal: UserPrincipal): string[] {
  const { userId, teams, apiKey } = principal
  const ofTeams = [...teams.keys()].flatMap((teamId) => [
    formatOwner({ kind: 'team', teamId }),
    formatOwner({ kind: 'membership', teamId, userId }),
  ])
  // A key that belongs to a team does not open its user's personal work.
  const isTeamKey = apiKey !== null && parseOwner(apiKey.owner)?.kind !== 'user'
  return isTeamKey ? ofTeams : [userUrn(userId), ...ofTeams]
}

export function reachOf(principal: Principal): Reach {
  if (principal.kind === 'watch') return { ...NOTHING, watchedJob: principal.jobId }
  const { userId, email, teams } = principal
  return {
    ...NOTHING,
    userId,
    email,
    owners: reachableOwners(principal),
    teams: [...teams.keys()],
    managed: [...teams].filter(([, role]) => can(role, 'jobs.manage')).map(([teamId]) => teamId),
  }
}

/** The team that an owner URN belongs to; null for a person. */
export function teamOf(owner: Owner): string | null {
  return owner.kind === 'user' ? null : owner.teamId
}

/**
 * The owner that a new job or asset gets: the one asked for, else the key's, else the caller's own.
 * @param action what is to be done on a team's behalf; its role must allow it
 * @throws {Problem} VALIDATION_ERROR for a malformed URN, AUTHORIZATION_ERROR for one out of reach or a role too low
 */
export function chooseOwner(
  principal: UserPrincipal,
  asked: string | null | undefined,
  action: TeamAction,
): string {
  const urn = (asked ?? principal.apiKey?.owner ?? userUrn(principal.userId)).toLowerCase()
  const owner = parseOwner(urn)
  if (!owner) {
    throw new Problem(
      'VALIDATION_ERROR',
      'owner must look like framecast:user:<id>, framecast:team:<id> or framecast:<team id>:<user id>',
    )
  }
  if (!reachableOwners(principal).includes(urn))
    throw new Problem('AUTHORIZATION_ERROR', 'this owner is out of your reach')
  const teamId = teamOf(owner)
  const role = teamId === null ? null : principal.teams.get(teamId)
  if (role && !can(role, action))
    throw new Problem('AUTHORIZATION_ERROR', `the role ${role} may not do this on behalf of the team`)
  return urn
}

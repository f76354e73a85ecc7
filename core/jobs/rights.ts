/** What a caller may do with a job that is there already: the rows about jobs in the table of permissions. Pure. */
import { parseOwner } from '../access/owner.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { reachableOwners, teamOf } from '../access/reach.ts'
import { can } from '../access/roles.ts'

export type JobParties = { owner: string; triggeredBy: string }

const teamOfUrn = (urn: string): string | null => {
  const owner = parseOwner(urn)
  return owner && teamOf(owner)
}

/** The team that a key is confined to; null for keys of a person, and for people who have logged in. */
const confinedTo = ({ apiKey }: UserPrincipal): string | null => (apiKey ? teamOfUrn(apiKey.owner) : null)

/**
 * Whoever triggered a job may stop it, also after leaving its team; administrators of the team may stop any, private
 * ones of its members included. A key of a team stops nothing outside of it.
 */
export function mayStop(principal: UserPrincipal, { owner, triggeredBy }: JobParties): boolean {
  const teamId = teamOfUrn(owner)
  const ownTeam = confinedTo(principal)
  if (ownTeam !== null && ownTeam !== teamId) return false
  if (triggeredBy === principal.userId) return true
  const role = teamId === null ? undefined : principal.teams.get(teamId)
  return role !== undefined && can(role, 'jobs.manage')
}

/**
 * For a job within reach. In a team, administrators remove any job and members their own; viewers none. A personal job is
 * removed by its person.
 */
export function mayRemove(principal: UserPrincipal, { owner, triggeredBy }: JobParties): boolean {
  const teamId = teamOfUrn(owner)
  if (teamId === null) return reachableOwners(principal).includes(owner)
  const role = principal.teams.get(teamId)
  if (role === undefined) return false
  return can(role, 'jobs.manage') || (can(role, 'jobs.create') && triggeredBy === principal.userId)
}

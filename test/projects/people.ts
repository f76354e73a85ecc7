/** A team with somebody in every role, and how each of them asks. */

import type { UserPrincipal } from '../../core/access/principal.ts'
import type { TEAM_ROLES, TeamRole } from '../../core/access/roles.ts'
import { buildMember, buildTeam, buildUser } from '../support/builders.ts'
import type { Studio } from '../support/studio.ts'

export type Person = { user: UserPrincipal; request: Studio['request'] }

export type Crew = { teamId: string; urn: string } & Record<(typeof TEAM_ROLES)[number], Person>

/** Somebody who has logged in. */
export async function buildPerson(
  studio: Studio,
  over: Parameters<typeof buildUser>[1] = {},
): Promise<Person> {
  const user = await buildUser(studio.pool, over)
  return { user, request: studio.as(await studio.logIn(user)) }
}

/** Makes a person a member of a team; a person logged in already has the new rights at once. */
export async function join(studio: Studio, teamId: string, person: Person, role: TeamRole): Promise<void> {
  await buildMember(studio.pool, teamId, person.user, role)
}

/** A new team of four. */
export async function buildCrew(studio: Studio, over: { credits?: number } = {}): Promise<Crew> {
  const [owner, admin, member, viewer] = await Promise.all(
    Array.from({ length: 4 }, () => buildPerson(studio)),
  )
  const teamId = await buildTeam(studio.pool, owner!.user, over)
  await join(studio, teamId, admin!, 'admin')
  await join(studio, teamId, member!, 'member')
  await join(studio, teamId, viewer!, 'viewer')
  return {
    teamId,
    urn: `framecast:team:${teamId}`,
    owner: owner!,
    admin: admin!,
    member: member!,
    viewer: viewer!,
  }
}

/** What tests of teams have in common: people who have logged in, and what they ask for. */
import type { UserPrincipal } from '../../core/access/principal.ts'
import type { TeamRole } from '../../core/access/roles.ts'
import { buildMember, buildTeam, buildUser } from '../support/builders.ts'
import { read, type Studio, type WireError } from '../support/studio.ts'

export type Body = Record<string, unknown> & Partial<WireError>
export type Answer = { status: number; headers: Headers; body: Body & Body[] }

export type Person = UserPrincipal & {
  /** Asks as this person; `PATCH /v1/teams/…`. */
  ask(what: string, json?: unknown): Promise<Answer>
}

/** Somebody who has logged in. */
export async function loggedIn(studio: Studio, user: UserPrincipal): Promise<Person> {
  const request = studio.as(await studio.logIn(user))
  return {
    ...user,
    ask(what, json) {
      const [method = '', path = ''] = what.split(' ')
      return read(request(path, { method, ...(json === undefined ? {} : { json }) })) as Promise<Answer>
    },
  }
}

export const aPerson = async (studio: Studio, over: Parameters<typeof buildUser>[1] = {}): Promise<Person> =>
  loggedIn(studio, await buildUser(studio.pool, over))

/** A creator as the upgrade leaves one: with a team of the own. */
export async function aCreator(studio: Studio): Promise<Person> {
  const user = await buildUser(studio.pool)
  await buildTeam(studio.pool, user, { name: 'Own team' })
  return loggedIn(studio, user)
}

export type Crew = { teamId: string; urn: string } & Record<TeamRole, Person>

/** A team with one person of each role; each has another team besides. */
export async function aCrew(studio: Studio): Promise<Crew> {
  const owner = await aCreator(studio)
  const teamId = await buildTeam(studio.pool, owner, { name: 'Crew' })
  const others = await Promise.all(
    (['admin', 'member', 'viewer'] as const).map(async (role) => {
      const person = await aCreator(studio)
      await buildMember(studio.pool, teamId, person, role)
      return [role, person] as const
    }),
  )
  return { teamId, urn: `framecast:team:${teamId}`, owner, ...Object.fromEntries(others) } as Crew
}

/** Status and message of a refusal. */
export const refusal = ({ status, body }: Answer): [number, string | undefined] => [
  status,
  body.error?.message,
]

/** The trail of a team, oldest first: `action` and details. */
export async function trail(studio: Studio, teamId: string): Promise<[string, Record<string, unknown>][]> {
  const { rows } = await studio.pool.query(
    'select action, details from audit_entries where team_id = $1 order by created_at, id',
    [teamId],
  )
  return rows.map(({ action, details }) => [action, details])
}

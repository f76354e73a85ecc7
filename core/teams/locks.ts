/**
 * What is held while members change, always in this order: the team's row, its memberships, the row of a person. Changes
 * of one team thus wait for each other, and none waits in a ring.
 */
import type { TeamRole } from '../access/roles.ts'
import type { Queryable } from '../platform/database.ts'

export type Member = { id: string; userId: string; role: TeamRole }

/**
 * Holds a team: members neither come nor go, nobody is invited.
 * @param strength `for update` to delete it: then no work comes to it either
 * @returns null when there is no such team
 */
export async function lockTeam(
  client: Queryable,
  teamId: string,
  strength: 'for no key update' | 'for update' = 'for no key update',
): Promise<{ name: string; slug: string } | null> {
  const { rows } = await client.query<{ name: string; slug: string }>(
    `select name, slug from teams where id = $1 ${strength}`,
    [teamId],
  )
  return rows[0] ?? null
}

/** Holds every membership of a team whose row is held. */
export async function lockMembers(client: Queryable, teamId: string): Promise<Member[]> {
  const { rows } = await client.query<{ id: string; user_id: string; role: TeamRole }>(
    'select id, user_id, role from memberships where team_id = $1 order by id for update',
    [teamId],
  )
  return rows.map(({ id, user_id, role }) => ({ id, userId: user_id, role }))
}

/** How many teams a person belongs to and owns, held until the transaction ends. */
export async function lockMembershipsOf(
  client: Queryable,
  userId: string,
): Promise<{ count: number; owned: number }> {
  await client.query('select 1 from users where id = $1 for no key update', [userId])
  const { rows } = await client.query<{ count: number; owned: number }>(
    `select count(*)::int as count, (count(*) filter (where role = 'owner'))::int as owned
     from memberships where user_id = $1`,
    [userId],
  )
  return rows[0]!
}

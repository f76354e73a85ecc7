/** Memberships as rows and on the wire. */

import type { Membership } from '../../schemas/types.ts'
import type { TeamRole } from '../access/roles.ts'
import { type Queryable, toIso } from '../platform/database.ts'
import { newId } from '../platform/ids.ts'

export type MembershipRow = Omit<Membership, 'created_at'> & { created_at: Date }

/** Columns of the wire object, of `memberships m join users u`. */
export const MEMBERSHIP_COLUMNS = `m.id, m.team_id, m.user_id, m.role, m.created_at,
  u.email::text as user_email, u.name as user_name, u.avatar_url as user_avatar_url`

export const presentMembership = (row: MembershipRow): Membership => ({
  ...row,
  created_at: toIso(row.created_at) as string,
})

/** @returns id of the new membership */
export async function insertMembership(
  client: Queryable,
  { teamId, userId, role }: { teamId: string; userId: string; role: TeamRole },
): Promise<string> {
  const id = newId()
  await client.query('insert into memberships (id, team_id, user_id, role) values ($1, $2, $3, $4)', [
    id,
    teamId,
    userId,
    role,
  ])
  return id
}

/** The wire object of a membership that is there. */
export async function readMembership(client: Queryable, id: string): Promise<Membership> {
  const { rows } = await client.query<MembershipRow>(
    `select ${MEMBERSHIP_COLUMNS} from memberships m join users u on u.id = m.user_id where m.id = $1`,
    [id],
  )
  return presentMembership(rows[0]!)
}

/** The end of a team: its rows go with it or are left to a queue task, together with its objects. */
import { formatOwner } from '../access/owner.ts'
import { revokeTeamKeys } from '../accounts/keys.ts'
import { audit } from '../audit/audit.ts'
import { forfeit } from '../jobs/credits.ts'
import type { Queryable } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { lockMembers, lockTeam } from './locks.ts'

/**
 * Deletes a team on behalf of its one member.
 * @param client of a transaction that sees every row (`widen`)
 * @returns false when there is no such team
 * @throws {Problem} CONFLICT for other members and active jobs, AUTHORIZATION_ERROR when the caller is no owner any more
 */
export async function deleteTeam(client: Queryable, teamId: string, callerId: string): Promise<boolean> {
  const team = await lockTeam(client, teamId, 'for update')
  if (!team) return false
  const members = await lockMembers(client, teamId)
  if (members.find(({ userId }) => userId === callerId)?.role !== 'owner')
    throw new Problem('AUTHORIZATION_ERROR', 'only an owner may delete a team')
  if (members.length > 1)
    throw new Problem('CONFLICT', 'the team has other members; remove them first, or leave it to them')
  const owner = formatOwner({ kind: 'team', teamId })
  const active = await client.query(
    `select 1 from jobs where status in ('queued', 'processing') and (owner = $1 or split_part(owner, ':', 2) = $2)
     limit 1`,
    [owner, teamId],
  )
  if (active.rowCount !== 0)
    throw new Problem('CONFLICT', 'the team has active renders; wait for them or cancel them')
  const keys = await revokeTeamKeys(client, callerId, teamId)
  const credits = await forfeit(client, owner, 'team deleted')
  await client.query('delete from teams where id = $1', [teamId])
  await client.query('select enqueue_team_purge($1)', [teamId])
  await audit(client, {
    action: 'team.deleted',
    subjectType: 'team',
    subjectId: teamId,
    teamId,
    actorId: callerId,
    details: { name: team.name, slug: team.slug, credits, revoked_keys: keys },
  })
  return true
}

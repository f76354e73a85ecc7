/** From starter to creator, and never back. */
import { audit } from '../audit/audit.ts'
import type { Queryable } from '../platform/database.ts'
import { createPersonalSet } from '../teams/personal-set.ts'

/**
 * Makes a starter a creator with the personal set.
 * @param client of a transaction that sees every row (`widen`)
 * @returns false when the user is a creator already, or gone
 */
export async function upgradeToCreator(client: Queryable, userId: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `update users set tier = 'creator', upgraded_at = now() where id = $1 and tier = 'starter'`,
    [userId],
  )
  if (rowCount === 0) return false
  const { teamId } = await createPersonalSet(client, userId)
  await audit(client, {
    action: 'user.upgraded',
    subjectType: 'user',
    subjectId: userId,
    teamId: null,
    actorId: userId,
    details: { tier: 'creator', team_id: teamId },
  })
  return true
}

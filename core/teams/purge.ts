/** What a deleted team leaves behind: rows of its work, which no foreign key follows. */
import type { Pool } from 'pg'
import { formatOwner } from '../access/owner.ts'

const BATCH = 200

/**
 * Removes jobs, files and reusable clips of a team that is gone, of all of its members. Usage and credit entries stay.
 * @throws when the team is there: a slip must never empty one
 */
export async function purgeTeam(pool: Pool, teamId: string, signal: AbortSignal): Promise<void> {
  const { rowCount } = await pool.query('select 1 from teams where id = $1', [teamId])
  if (rowCount !== 0) throw new Error(`refusing to purge team ${teamId}, which is there`)
  const team = formatOwner({ kind: 'team', teamId })
  await pool.query('delete from content_cache where scope = $1', [team])
  for (const table of ['jobs', 'asset_files']) {
    const { rows } = await pool.query<{ owner: string }>(
      `select distinct owner from ${table} where owner = $1 or split_part(owner, ':', 2) = $2`,
      [team, teamId],
    )
    const owners = rows.map(({ owner }) => owner)
    for (let removed = BATCH; owners.length > 0 && removed === BATCH; ) {
      signal.throwIfAborted()
      const batch = await pool.query(
        `delete from ${table} where id in (select id from ${table} where owner = any ($1) limit ${BATCH})`,
        [owners],
      )
      removed = batch.rowCount ?? 0
    }
  }
}

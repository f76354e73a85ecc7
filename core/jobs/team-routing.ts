/** What the settings of a team say about engines. */
import { parseOwner } from '../access/owner.ts'
import { teamOf } from '../access/reach.ts'
import type { Config } from '../platform/config.ts'
import type { Queryable } from '../platform/database.ts'

export type TeamRouting = {
  /** Whether work may leave the studio's own servers for a cloud: the operator's word, or the team's. */
  isCloudAllowed: boolean
  /** Engine of jobs that name none, as the team wrote it; null: the operator's. */
  defaultEngine: string | null
}

export async function teamRouting(
  { CLOUD_FALLBACK }: Pick<Config, 'CLOUD_FALLBACK'>,
  db: Queryable,
  ownerUrn: string,
): Promise<TeamRouting> {
  const owner = parseOwner(ownerUrn)
  const teamId = owner && teamOf(owner)
  if (!teamId) return { isCloudAllowed: CLOUD_FALLBACK, defaultEngine: null }
  const { rows } = await db.query<{ allowed: boolean | null; engine: string | null }>(
    `select settings -> 'cloud_fallback' = 'true'::jsonb as allowed, settings ->> 'default_engine' as engine
     from teams where id = $1`,
    [teamId],
  )
  return {
    isCloudAllowed: CLOUD_FALLBACK || rows[0]?.allowed === true,
    defaultEngine: rows[0]?.engine ?? null,
  }
}

/** What callers may do with the cache of their team, or with their own: look at it, and let entries go. */
import { formatOwner, userUrn } from '../access/owner.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { reachOf } from '../access/reach.ts'
import { requireTeamAction } from '../access/roles.ts'
import { audit } from '../audit/audit.ts'
import { type Database, toIso } from '../platform/database.ts'
import { queryableAs } from '../platform/reach.ts'
import { type Evicted, evictScope } from './cache-eviction.ts'
import { CACHE_STAGES, type CacheStage } from './content-cache.ts'

/** One stage of a cache, as the wire shows it. */
export type CachedStage = {
  stage: CacheStage
  entries: number
  bytes: number
  /** How often entries were reused. */
  hits: number
  oldest_created_at: string | null
  last_used_at: string | null
}

/** Whose cache: a team's, or the caller's own. */
export type CacheOf = { teamId: string } | 'own'

const scopeOf = (principal: UserPrincipal, of: CacheOf): string =>
  of === 'own' ? userUrn(principal.userId) : formatOwner({ kind: 'team', teamId: of.teamId })

export type CacheService = ReturnType<typeof createCacheService>

export function createCacheService({ db }: { db: Database }) {
  return {
    /** Every stage, those that hold nothing too. */
    async summary(principal: UserPrincipal, of: CacheOf): Promise<CachedStage[]> {
      if (of !== 'own') requireTeamAction(principal, of.teamId, 'cache.view')
      const { rows } = await queryableAs(db.pool, reachOf(principal)).query<{
        stage: CacheStage
        entries: number
        bytes: string
        hits: string
        oldest: Date
        newest: Date
      }>(
        `select stage, count(*)::int as entries, sum(size_bytes) as bytes, sum(hits) as hits,
           min(created_at) as oldest, max(last_used_at) as newest
         from content_cache where scope = $1 group by stage`,
        [scopeOf(principal, of)],
      )
      return CACHE_STAGES.map((stage) => {
        const row = rows.find((found) => found.stage === stage)
        return {
          stage,
          entries: row?.entries ?? 0,
          bytes: Number(row?.bytes ?? 0),
          hits: Number(row?.hits ?? 0),
          oldest_created_at: toIso(row?.oldest ?? null),
          last_used_at: toIso(row?.newest ?? null),
        }
      })
    },

    /**
     * Lets entries go that were not used for `unusedS` seconds. What a job needs or shows stays, as does what was used in
     * the last minutes.
     */
    async evict(
      principal: UserPrincipal,
      of: CacheOf,
      { stage, unusedS }: { stage?: CacheStage | undefined; unusedS: number },
    ): Promise<Evicted> {
      if (of !== 'own') requireTeamAction(principal, of.teamId, 'cache.manage')
      // The right is established: what jobs of other members need is looked at as well.
      const evicted = await evictScope(db.system, scopeOf(principal, of), {
        unusedS,
        maxBytes: 0,
        ...(stage && { stage }),
      })
      await audit(db.system, {
        action: 'cache.evicted',
        subjectType: of === 'own' ? 'user' : 'team',
        subjectId: of === 'own' ? principal.userId : of.teamId,
        teamId: of === 'own' ? null : of.teamId,
        actorId: principal.userId,
        details: { ...evicted, stage: stage ?? null, unused_seconds: unusedS },
      })
      return evicted
    },
  }
}

/**
 * What the cache lets go of: entries that nobody used for long, and the longest unused ones of an owner who keeps too
 * much. Never what an unfinished job counts on, nor what a finished one shows. Rows go here; objects follow by a queue
 * task, which looks once more.
 */
import type { Pool, PoolClient } from 'pg'
import { objectPrefix } from '../access/owner.ts'
import { type Queryable, transaction } from '../platform/database.ts'
import { posterKeyOf } from './cached-clips.ts'
import type { CacheStage } from './content-cache.ts'
import { LOCK_OBJECT } from './steps.ts'

export type EvictionRules = {
  /** Entries that were not used for so long go. */
  unusedS: number
  /** Bytes that one owner may keep; 0: any number. */
  maxBytes: number
  /** Of this stage alone. */
  stage?: CacheStage
}

export type Evicted = { entries: number; bytes: number }

/**
 * Used within this time, an entry stays whatever the rules: a plan that is being made has it in hand. Longer than any
 * transaction lasts, by far.
 */
const IN_HAND_S = 300
const BATCH = 500

/** Every text in the outputs of jobs of a scope (`$1`), and in the results of those that are not through: object keys among them. */
const USED = `
  select v #>> '{}' as object_key from jobs j,
    lateral jsonb_path_query(j.output, 'lax $.** ? (@.type() == "string")') v
  where credit_source(j.owner) = $1 and j.output is not null
  union
  select v #>> '{}' from jobs j join job_steps s on s.job_id = j.id and s.result is not null,
    lateral jsonb_path_query(s.result, 'lax $.** ? (@.type() == "string")') v
  where credit_source(j.owner) = $1 and j.status in ('queued', 'processing')`

/**
 * Entries of a scope that may go, the longest unused first, locked; those that a plan holds just now are passed over. The
 * condition on `last_used_at` is checked again on a row that changed meanwhile, so a use that commits first wins.
 */
const CANDIDATES = `
  with used as materialized (${USED}),
  kept as (
    select c.stage, c.content_key, sum(c.size_bytes) over (order by c.last_used_at desc, c.content_key) as bytes
    from content_cache c where c.scope = $1
  )
  select c.stage, c.content_key, c.object_key, c.size_bytes from content_cache c
  join kept k on k.stage = c.stage and k.content_key = c.content_key
  where c.scope = $1
    and c.last_used_at < now() - make_interval(secs => ${IN_HAND_S})
    and (c.last_used_at < now() - make_interval(secs => $2) or ($3::bigint > 0 and k.bytes > $3::bigint))
    and ($4::text is null or c.stage = $4)
    and not exists (select 1 from used u where u.object_key = c.object_key)
  order by c.last_used_at, c.content_key limit $5`

type Candidate = { stage: CacheStage; content_key: string; object_key: string; size_bytes: string }

const candidates = async (
  client: Queryable,
  scope: string,
  { unusedS, maxBytes, stage }: EvictionRules,
  limit: number | null,
  lock: boolean,
): Promise<Candidate[]> => {
  const text = `${CANDIDATES}${lock ? ' for update of c skip locked' : ''}`
  return (await client.query<Candidate>(text, [scope, unusedS, maxBytes, stage ?? null, limit])).rows
}

const tally = (rows: readonly Candidate[]): Evicted => ({
  entries: rows.length,
  bytes: rows.reduce((sum, row) => sum + Number(row.size_bytes), 0),
})

/** One batch, in the caller's transaction. */
async function evictBatch(client: PoolClient, scope: string, rules: EvictionRules): Promise<Evicted> {
  const rows = await candidates(client, scope, rules, BATCH, true)
  if (rows.length === 0) return { entries: 0, bytes: 0 }
  await client.query(
    `delete from content_cache c using unnest($2::text[], $3::text[]) as gone (stage, content_key)
     where c.scope = $1 and c.stage = gone.stage and c.content_key = gone.content_key`,
    [scope, rows.map((row) => row.stage), rows.map((row) => row.content_key)],
  )
  await client.query('select enqueue_cache_removal($1, $2)', [scope, rows.map((row) => row.object_key)])
  return tally(rows)
}

/** Evicts from one scope, batch by batch. With `dryRun`, says what would go. */
export async function evictScope(
  pool: Pool,
  scope: string,
  rules: EvictionRules,
  { dryRun = false, signal }: { dryRun?: boolean; signal?: AbortSignal } = {},
): Promise<Evicted> {
  if (dryRun) return tally(await candidates(pool, scope, rules, null, false))
  const total: Evicted = { entries: 0, bytes: 0 }
  for (;;) {
    signal?.throwIfAborted()
    const { entries, bytes } = await transaction(pool, (client) => evictBatch(client, scope, rules))
    total.entries += entries
    total.bytes += bytes
    if (entries < BATCH) return total
  }
}

/** Evicts from every scope, or from one. @returns what went, by scope; scopes from which nothing went are left out */
export async function evict(
  pool: Pool,
  rules: EvictionRules,
  { scope, ...how }: { scope?: string; dryRun?: boolean; signal?: AbortSignal } = {},
): Promise<Map<string, Evicted>> {
  const { rows } = await pool.query<{ scope: string }>(
    'select distinct scope from content_cache where $1::text is null or scope = $1 order by scope',
    [scope ?? null],
  )
  const evicted = new Map<string, Evicted>()
  for (const row of rows) {
    const found = await evictScope(pool, row.scope, rules, how)
    if (found.entries > 0) evicted.set(row.scope, found)
  }
  return evicted
}

/** Objects that jobs share lie in folders of their own: whatever lies with a job, a file or a project is not touched. */
const isShared = (scope: string, objectKey: string): boolean =>
  objectKey.startsWith(objectPrefix(scope)) &&
  /^[a-z]+\/[0-9a-f]{64}\.[a-z0-9]+$/.test(objectKey.slice(objectPrefix(scope).length))

/**
 * Removes the objects of evicted entries that nothing needs (any more, or again): no entry, no job, and no step that is
 * about to store the same bytes.
 * @param remove takes the object keys out of the store; called with the object's lock held
 * @returns the keys that were removed
 */
export async function removeUnreferenced(
  pool: Pool,
  scope: string,
  objectKeys: readonly string[],
  remove: (keys: readonly string[]) => Promise<void>,
): Promise<string[]> {
  const removed: string[] = []
  const { rows } = await pool.query<{ object_key: string }>(
    `select key as object_key from unnest($2::text[]) as key
     where not exists (select 1 from (${USED}) used where used.object_key = key)`,
    [scope, objectKeys.filter((key) => isShared(scope, key))],
  )
  for (const { object_key: key } of rows) {
    await transaction(pool, async (client) => {
      await client.query(LOCK_OBJECT, [key])
      const { rows: needed } = await client.query(
        `select 1 where exists (select 1 from content_cache where object_key = $1)
           or exists (select 1 from job_steps where state = 'running' and $1 = any(making))`,
        [key],
      )
      if (needed.length > 0) return
      await remove(key.endsWith('.mp4') ? [key, posterKeyOf(key)] : [key])
      removed.push(key)
    })
  }
  return removed
}

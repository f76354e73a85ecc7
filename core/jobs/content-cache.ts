/**
 * What an owner's work has made already, by content key: clips, lines of speech, joins, sound, films. Shared within one
 * person's or one team's work, never across.
 */
import type { QueryResultRow } from 'pg'
import type { Queryable } from '../platform/database.ts'

export const CACHE_STAGES = ['clip', 'voice', 'join', 'audio', 'film'] as const
export type CacheStage = (typeof CACHE_STAGES)[number]

export type CachedObject = {
  contentKey: string
  objectKey: string
  sha256: string
  sizeBytes: number
  /** What a reader of the object has to know besides, by stage. */
  meta: Record<string, unknown>
}

type Row = QueryResultRow & {
  content_key: string
  object_key: string
  sha256: string
  size_bytes: string
  meta: Record<string, unknown>
}

/** What is known in `scope` (a credit source URN) among `contentKeys`, by content key. */
export async function findCached(
  db: Queryable,
  scope: string,
  stage: CacheStage,
  contentKeys: readonly string[],
): Promise<Map<string, CachedObject>> {
  const { rows } = await db.query<Row>(
    `select content_key, object_key, sha256, size_bytes, meta from content_cache
     where scope = $1 and stage = $2 and content_key = any($3)`,
    [scope, stage, contentKeys],
  )
  return new Map(
    rows.map((row) => [
      row.content_key,
      {
        contentKey: row.content_key,
        objectKey: row.object_key,
        sha256: row.sha256,
        sizeBytes: Number(row.size_bytes),
        meta: row.meta,
      },
    ]),
  )
}

/**
 * Notes that entries are reused, and keeps eviction from them until the caller's transaction ends: whoever is about to
 * rely on an entry does this in the transaction that says so.
 * @returns the keys of those that are still there
 */
export async function touchCached(
  db: Queryable,
  scope: string,
  stage: CacheStage,
  contentKeys: readonly string[],
): Promise<Set<string>> {
  if (contentKeys.length === 0) return new Set()
  // Locked in one order, so that two plans with clips in common wait for each other instead of for ever.
  const { rows } = await db.query<{ content_key: string }>(
    `with held as (
       select scope, stage, content_key from content_cache
       where scope = $1 and stage = $2 and content_key = any($3) order by content_key for update
     )
     update content_cache c set hits = c.hits + 1, last_used_at = now() from held
     where c.scope = held.scope and c.stage = held.stage and c.content_key = held.content_key
     returning c.content_key`,
    [scope, stage, contentKeys],
  )
  return new Set(rows.map((row) => row.content_key))
}

const INSERT = `insert into content_cache as c (scope, stage, content_key, object_key, sha256, size_bytes, meta)
  values ($1, $2, $3, $4, $5, $6, $7::jsonb) on conflict (scope, stage, content_key)`

const valuesOf = (scope: string, stage: CacheStage, entry: CachedObject): unknown[] => [
  scope,
  stage,
  entry.contentKey,
  entry.objectKey,
  entry.sha256,
  entry.sizeBytes,
  JSON.stringify(entry.meta),
]

/** Stores an entry; the first one stays when two workers made the same. */
export async function storeCached(
  db: Queryable,
  scope: string,
  stage: CacheStage,
  entry: CachedObject,
): Promise<void> {
  await db.query(`${INSERT} do nothing`, valuesOf(scope, stage, entry))
}

/** Stores an entry in the place of whatever was there. The object that it replaces goes when nothing needs it. */
export async function replaceCached(
  db: Queryable,
  scope: string,
  stage: CacheStage,
  entry: CachedObject,
): Promise<void> {
  const before = (await findCached(db, scope, stage, [entry.contentKey])).get(entry.contentKey)
  if (before && before.objectKey !== entry.objectKey)
    await db.query('select enqueue_cache_removal($1, $2)', [scope, [before.objectKey]])
  await db.query(
    `${INSERT} do update set object_key = excluded.object_key, sha256 = excluded.sha256,
       size_bytes = excluded.size_bytes, meta = excluded.meta, last_used_at = now()`,
    valuesOf(scope, stage, entry),
  )
}

/** Forgets entries whose object turned out to be gone, so that they are made again. */
export async function forgetCached(
  db: Queryable,
  scope: string,
  stage: CacheStage,
  contentKeys: readonly string[],
): Promise<void> {
  await db.query('delete from content_cache where scope = $1 and stage = $2 and content_key = any($3)', [
    scope,
    stage,
    contentKeys,
  ])
}

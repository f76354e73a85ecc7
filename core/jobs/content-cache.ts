/**
 * What an owner's work has made already, by content key: clips, lines of speech, joins, sound, films. Shared within one
 * person's or one team's work, never across.
 */
import type { QueryResultRow } from 'pg'
import type { Queryable } from '../platform/database.ts'

export type CacheStage = 'clip' | 'voice' | 'join' | 'audio' | 'film'

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

/** Notes that entries were reused. */
export async function touchCached(
  db: Queryable,
  scope: string,
  stage: CacheStage,
  contentKeys: readonly string[],
): Promise<void> {
  await db.query(
    `update content_cache set hits = hits + 1, last_used_at = now()
     where scope = $1 and stage = $2 and content_key = any($3)`,
    [scope, stage, contentKeys],
  )
}

/** Stores an entry; the first one stays when two workers made the same. */
export async function storeCached(
  db: Queryable,
  scope: string,
  stage: CacheStage,
  entry: CachedObject,
): Promise<void> {
  await db.query(
    `insert into content_cache (scope, stage, content_key, object_key, sha256, size_bytes, meta)
     values ($1, $2, $3, $4, $5, $6, $7::jsonb) on conflict (scope, stage, content_key) do nothing`,
    [
      scope,
      stage,
      entry.contentKey,
      entry.objectKey,
      entry.sha256,
      entry.sizeBytes,
      JSON.stringify(entry.meta),
    ],
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

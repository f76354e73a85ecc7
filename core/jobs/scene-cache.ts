/** Clips that an owner has already, by content key. Shared within one person's or one team's work, never across. */
import type { QueryResultRow } from 'pg'
import type { Queryable } from '../platform/database.ts'

export type CachedClip = {
  contentKey: string
  objectKey: string
  sha256: string
  sizeBytes: number
  frames: number
  keyFrames: number[]
}

/** Key of the still that is stored beside a clip, before it: where the clip is, its still is too. */
export const posterKeyOf = (objectKey: string): string => objectKey.replace(/\.mp4$/, '.jpg')

type Row = QueryResultRow & {
  content_key: string
  object_key: string
  sha256: string
  size_bytes: string
  frames: number
  key_frames: number[]
}

/** The clips known in `scope` (a credit source URN) among `contentKeys`, by content key. */
export async function findCachedClips(
  db: Queryable,
  scope: string,
  contentKeys: readonly string[],
): Promise<Map<string, CachedClip>> {
  const { rows } = await db.query<Row>(
    `select content_key, object_key, sha256, size_bytes, frames, key_frames from scene_cache
     where scope = $1 and content_key = any($2)`,
    [scope, contentKeys],
  )
  return new Map(
    rows.map((row) => [
      row.content_key,
      {
        contentKey: row.content_key,
        objectKey: row.object_key,
        sha256: row.sha256,
        sizeBytes: Number(row.size_bytes),
        frames: row.frames,
        keyFrames: row.key_frames,
      },
    ]),
  )
}

/** Notes that clips were reused. */
export async function touchCachedClips(
  db: Queryable,
  scope: string,
  contentKeys: readonly string[],
): Promise<void> {
  await db.query(
    'update scene_cache set hits = hits + 1, last_used_at = now() where scope = $1 and content_key = any($2)',
    [scope, contentKeys],
  )
}

/** Stores a clip; the first one stays when two workers made the same. */
export async function storeCachedClip(db: Queryable, scope: string, clip: CachedClip): Promise<void> {
  await db.query(
    `insert into scene_cache (scope, content_key, object_key, sha256, size_bytes, frames, key_frames)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (scope, content_key) do nothing`,
    [scope, clip.contentKey, clip.objectKey, clip.sha256, clip.sizeBytes, clip.frames, clip.keyFrames],
  )
}

/** Forgets clips whose object turned out to be gone, so that they are rendered again. */
export async function forgetCachedClips(
  db: Queryable,
  scope: string,
  contentKeys: readonly string[],
): Promise<void> {
  await db.query('delete from scene_cache where scope = $1 and content_key = any($2)', [scope, contentKeys])
}

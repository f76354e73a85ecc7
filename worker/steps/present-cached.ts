/** The cache as far as its objects are really there. */
import {
  type CachedObject,
  type CacheStage,
  findCached,
  forgetCached,
} from '../../core/jobs/content-cache.ts'
import type { WorkerContext } from '../context.ts'

/** Entries whose bytes are still in the store; the others are forgotten, and so made again. */
export async function presentCached(
  { db, store }: Pick<WorkerContext, 'db' | 'store'>,
  scope: string,
  stage: CacheStage,
  contentKeys: readonly string[],
): Promise<Map<string, CachedObject>> {
  if (contentKeys.length === 0) return new Map()
  const cached = await findCached(db.pool, scope, stage, contentKeys)
  const found = await Promise.all(
    [...cached.values()].map(async (entry) => ({ entry, stat: await store.stat(entry.objectKey) })),
  )
  const gone = found
    .filter(({ entry, stat }) => stat?.sizeBytes !== entry.sizeBytes)
    .map(({ entry }) => entry.contentKey)
  if (gone.length > 0) {
    await forgetCached(db.pool, scope, stage, gone)
    for (const key of gone) cached.delete(key)
  }
  return cached
}

/** Leaving something in the cache, as far as the render that made it wants that. */
import type { CachePolicy } from '../../core/jobs/cache-policy.ts'
import {
  type CachedObject,
  type CacheStage,
  replaceCached,
  storeCached,
} from '../../core/jobs/content-cache.ts'
import type { Queryable } from '../../core/platform/database.ts'

export async function keepCached(
  client: Queryable,
  policy: CachePolicy,
  scope: string,
  stage: CacheStage,
  entry: CachedObject,
): Promise<void> {
  if (policy === 'refresh') await replaceCached(client, scope, stage, entry)
  else if (policy !== 'bypass') await storeCached(client, scope, stage, entry)
}

/** Removes objects that evicted entries left behind, after one more look. The queue tries again until it succeeds. */
import type { Task } from 'graphile-worker'
import type { Pool } from 'pg'
import { removeUnreferenced } from '../../core/jobs/cache-eviction.ts'
import type { ObjectStore } from '../../core/platform/objects.ts'

export function removeCached(pool: Pool, store: ObjectStore): Task {
  return async (payload) => {
    const { scope, object_keys } = payload as { scope: string; object_keys: string[] }
    await removeUnreferenced(pool, scope, object_keys, (keys) => store.remove(keys))
  }
}

/** Removes every object under a prefix whose rows are gone. The queue tries again until it succeeds. */
import type { Task } from 'graphile-worker'
import type { ObjectStore } from '../../core/platform/objects.ts'

/** Only folders of one job or one asset may go: a slip must never empty an owner. */
const REMOVABLE = /^(user|team)\/[0-9a-f/-]+(shared\/)?(jobs|assets)\/[0-9a-f-]{36}\/(incoming\/)?$/

export function removeObjects(store: ObjectStore): Task {
  return async (payload) => {
    const { prefix } = payload as { prefix: string }
    if (!REMOVABLE.test(prefix)) throw new Error(`refusing to remove objects under ${JSON.stringify(prefix)}`)
    await removeUnder(store, prefix)
  }
}

/** Removes every object under a prefix, which the caller has looked at. */
export async function removeUnder(store: ObjectStore, prefix: string): Promise<void> {
  const keys: string[] = []
  for await (const key of store.list(prefix)) keys.push(key)
  await store.remove(keys)
}

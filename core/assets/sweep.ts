/** Objects that no row names any more: left by crashes between a put and its commit, and by restores of the database. */
import type { Queryable } from '../platform/database.ts'
import type { ObjectStore } from '../platform/objects.ts'

/** Folder of one asset or one job, and whose it is. */
const FOLDER = /^((?:user|team)\/[0-9a-f-]{36}\/(?:[a-z0-9-]+\/)?(assets|jobs)\/([0-9a-f-]{36})\/)/
const BATCH = 500
/** Younger ones may belong to a transaction that is about to commit. */
const MIN_AGE_MS = 24 * 3_600_000

/** When a version 7 id was made; the beginning of time for any other. */
const madeAt = (id: string): number =>
  id[14] === '7' ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : 0

/** Folders of the bucket that are old enough to be asked about, each once: keys come in order. */
async function* oldFolders(
  store: ObjectStore,
  now: number,
  signal: AbortSignal,
): AsyncGenerator<{ folder: string; table: 'asset_files' | 'jobs'; id: string }> {
  let last = ''
  for (const root of ['team/', 'user/']) {
    for await (const key of store.list(root)) {
      signal.throwIfAborted()
      const [, folder = '', kind = '', id = ''] = FOLDER.exec(key) ?? []
      if (folder === '' || folder === last) continue
      last = folder
      if (now - madeAt(id) > MIN_AGE_MS) yield { folder, table: kind === 'jobs' ? 'jobs' : 'asset_files', id }
    }
  }
}

/**
 * Finds folders of assets and jobs without a row, and leaves their objects to the queue.
 * @param options.remove false: only looks
 * @returns the folders
 */
export async function sweepObjects(
  client: Queryable,
  store: ObjectStore,
  { remove, now, signal }: { remove: boolean; now: number; signal: AbortSignal },
): Promise<string[]> {
  const orphans: string[] = []
  let batch: { folder: string; table: 'asset_files' | 'jobs'; id: string }[] = []
  const ask = async (): Promise<void> => {
    for (const table of ['asset_files', 'jobs'] as const) {
      const asked = batch.filter((entry) => entry.table === table)
      if (asked.length === 0) continue
      const { rows } = await client.query<{ id: string }>(
        `select id from ${table} where id = any($1::uuid[])`,
        [asked.map(({ id }) => id)],
      )
      const known = new Set(rows.map(({ id }) => id))
      orphans.push(...asked.filter(({ id }) => !known.has(id)).map(({ folder }) => folder))
    }
    batch = []
  }
  for await (const entry of oldFolders(store, now, signal)) {
    batch.push(entry)
    if (batch.length === BATCH) await ask()
  }
  await ask()
  if (remove) for (const folder of orphans) await client.query('select enqueue_object_removal($1)', [folder])
  return orphans
}

/** Publishing a film that another job has put together already. */
import { forgetCached } from '../../core/jobs/content-cache.ts'
import { fault } from '../../core/platform/faults.ts'
import { ObjectStoreError } from '../../core/platform/objects.ts'
import type { WorkerContext } from '../context.ts'
import type { StepRun } from '../tasks/run-step.ts'
import { filmKeys, type StoredFilm } from './make-film.ts'
import { presentCached } from './present-cached.ts'

/** What S3 copies in one request. */
const LARGEST_COPY = 5 * 2 ** 30

/** What is stored with a film in the cache. */
type FilmMeta = { thumbnailKey: string; contactSheetKey: string }

/**
 * Copies a known film and its pictures, within the store, to this job's own keys: each job has its bytes for itself, and
 * deleting one touches no other. Null when there is none, or it goes away under our hands.
 */
export async function reuseFilm(
  context: WorkerContext,
  { signal }: StepRun,
  scope: string,
  contentKey: string,
  prefix: string,
): Promise<StoredFilm | null> {
  const known = (await presentCached(context, scope, 'film', [contentKey])).get(contentKey)
  if (!known || known.sizeBytes > LARGEST_COPY) return null
  const { objectKey, sha256, sizeBytes } = known
  const meta = known.meta as FilmMeta
  const keys = filmKeys(prefix, sha256)
  const copies: [string, string][] = [
    [objectKey, keys.videoKey],
    [meta.thumbnailKey, keys.thumbnailKey],
    [meta.contactSheetKey, keys.contactSheetKey],
  ]
  try {
    await Promise.all(copies.map(([from, to]) => context.store.copy(from, to, signal)))
  } catch (error) {
    if (!(error instanceof ObjectStoreError) || error.code !== 'object_missing') throw error
    await forgetCached(context.db.pool, scope, 'film', [contentKey])
    return null
  }
  fault('worker.film.reused')
  return { ...keys, sha256, sizeBytes }
}

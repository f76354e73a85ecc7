/** What a plan takes from the cache: the clips that are known, held until the job is through. */
import { lackOfClips, mayReuse, policyFor } from '../../core/jobs/cache-policy.ts'
import { posterKeyOf } from '../../core/jobs/cached-clips.ts'
import { type CachedObject, type CacheStage, touchCached } from '../../core/jobs/content-cache.ts'
import { appendEvent } from '../../core/jobs/events.ts'
import type { KeyedScene } from '../../core/jobs/scene-keys.ts'
import type { Queryable } from '../../core/platform/database.ts'
import type { ClipPlan } from '../../core/storyboard/plan-types.ts'
import type { WorkerContext } from '../context.ts'
import { StepFailure } from '../failures.ts'
import type { RenderJob } from './load-job.ts'
import { presentCached } from './present-cached.ts'

/** Something that a plan counted on was evicted meanwhile: the cache has to be looked at anew. */
export class EntriesGone extends Error {
  readonly code = 'entries_gone'
}

/** The clips that a render may take, by scene id. */
export async function knownClips(
  context: WorkerContext,
  scope: string,
  { options }: RenderJob,
  scenes: readonly KeyedScene[],
): Promise<Map<string, CachedObject>> {
  const reusable = scenes.filter(({ clip }) => mayReuse(policyFor(options, clip.sceneId)))
  const cached = await presentCached(
    context,
    scope,
    'clip',
    reusable.map(({ key }) => key),
  )
  return new Map(
    reusable.flatMap(({ clip, key }) => {
      const known = cached.get(key)
      return known ? [[clip.sceneId, known] as const] : []
    }),
  )
}

/**
 * Counts the use of known entries; from here to the end of the transaction, and of the job, they stay.
 * @throws {EntriesGone} when one is there no more
 */
export async function holdKnown(
  client: Queryable,
  scope: string,
  stage: CacheStage,
  contentKeys: readonly string[],
): Promise<void> {
  const keys = new Set(contentKeys)
  const held = await touchCached(client, scope, stage, [...keys])
  if (held.size < keys.size) throw new EntriesGone(`a ${stage} was evicted while it was planned for`)
}

/** An event for each scene whose clip was there already. */
export async function announceReused(
  client: Queryable,
  jobId: string,
  clips: readonly ClipPlan[],
  known: ReadonlyMap<string, CachedObject>,
): Promise<void> {
  let completed = 0
  for (const { sceneId, durationS } of clips) {
    const cached = known.get(sceneId)
    if (!cached) continue
    completed += 1
    const key = posterKeyOf(cached.objectKey)
    await appendEvent(client, jobId, 'scene_complete', {
      scene_id: sceneId,
      scenes_completed: completed,
      scenes_total: clips.length,
      duration: durationS,
      reused: true,
      previews: [{ scene_id: sceneId, key, generated_at: new Date().toISOString() }],
    })
  }
}

/** @throws {StepFailure} when the render may not make a clip that is not there (any more) */
export function requireClips(
  { options }: RenderJob,
  scenes: readonly KeyedScene[],
  known: ReadonlyMap<string, CachedObject>,
): void {
  const missing = scenes
    .map(({ clip }) => clip.sceneId)
    .filter((id) => policyFor(options, id) === 'only' && !known.has(id))
  if (missing.length === 0) return
  const { reason, text } = lackOfClips(options, missing)
  throw new StepFailure('system', reason, text)
}

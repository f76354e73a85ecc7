/** What goes into the sound of a film, and what makes two of them the same. */
import { type CachePolicy, mayReuse } from '../../core/jobs/cache-policy.ts'
import type { CachedObject } from '../../core/jobs/content-cache.ts'
import { contentKey } from '../../core/jobs/content-keys.ts'
import type { FilmSound } from '../../core/jobs/types.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import type { LoudnessProfile } from '../../core/storyboard/render-options.ts'
import { planSound, type SoundCue, type SoundPlan } from '../../core/storyboard/sound-plan.ts'
import type { WorkerContext } from '../context.ts'
import { findSources, type SoundSource, type SpokenLine } from '../sound/sources.ts'
import type { RenderJob } from './load-job.ts'
import { presentCached } from './present-cached.ts'

/** Raised when the same plan and sources give another mix. */
const MIXER_VERSION = 1

/** What a sound step leaves behind: the film's sound as AAC in MP4. */
export type SoundOutcome = {
  objectKey: string
  sha256: string
  sizeBytes: number
  reused: boolean
  sound: FilmSound
}

export const soundOutcome = (
  { objectKey, sha256, sizeBytes, meta }: CachedObject,
  reused: boolean,
): SoundOutcome => ({ objectKey, sha256, sizeBytes, reused, sound: meta as FilmSound })

export type SoundIngredients = {
  plan: SoundPlan
  sources: Map<string, SoundSource>
  /** Cues whose asset is gone. */
  missing: SoundCue[]
  profile: LoudnessProfile
  contentKey: string
}

type Context = Pick<WorkerContext, 'db' | 'store' | 'systemStore'>
type Job = Pick<RenderJob, 'storyboard' | 'options'>

/** @param lines spoken lines by `lineKey`; the others are not heard */
export async function soundIngredients(
  { db, store, systemStore }: Context,
  { storyboard, options }: Job,
  shots: ShotPlan,
  lines: ReadonlyMap<string, SpokenLine>,
): Promise<SoundIngredients> {
  const plan = planSound(storyboard, shots)
  const found = await findSources({ db: db.pool, store, systemStore }, plan.cues, lines)
  const profile = options.loudness ?? 'web'
  return { plan, ...found, profile, contentKey: audioKey(plan, found.sources, profile) }
}

/** Two films whose sound is the same have one key, whatever their scenes are called. */
function audioKey(
  { samples, cues }: SoundPlan,
  sources: ReadonlyMap<string, SoundSource>,
  profile: LoudnessProfile,
): string {
  const heard = cues.flatMap(({ source, path: _path, sceneId: _sceneId, ...cue }) => {
    const identity = sources.get(source)?.identity
    return identity === undefined ? [] : [{ ...cue, source: identity }]
  })
  return contentKey('audio', { mixer: MIXER_VERSION, profile, samples, heard })
}

/** The same sound, made before; null where there is none, or it may not be taken. */
export async function knownSound(
  context: Context,
  scope: string,
  policy: CachePolicy,
  key: string,
): Promise<CachedObject | null> {
  if (!mayReuse(policy)) return null
  return (await presentCached(context, scope, 'audio', [key])).get(key) ?? null
}

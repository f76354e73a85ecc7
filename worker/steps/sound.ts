/** The sound step: fetches what is heard, mixes it to the sample, brings it to its loudness, and stores it as AAC. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { creditSource, objectPrefix } from '../../core/access/owner.ts'
import { type CachedObject, storeCached } from '../../core/jobs/content-cache.ts'
import { contentKey } from '../../core/jobs/content-keys.ts'
import { updateProgress } from '../../core/jobs/progress.ts'
import { finishStep } from '../../core/jobs/steps.ts'
import type { FilmSound } from '../../core/jobs/types.ts'
import { fault } from '../../core/platform/faults.ts'
import { fromDb } from '../../core/sound/loudness.ts'
import type { LoudnessProfile } from '../../core/storyboard/render-options.ts'
import { type PlacedSound, placeSounds, planSound, type SoundPlan } from '../../core/storyboard/sound-plan.ts'
import { hashFile } from '../compose/verify.ts'
import type { WorkerContext } from '../context.ts'
import { StepFailure } from '../failures.ts'
import { UnusableSound } from '../sound/errors.ts'
import { laneGainDb, type SoundLevel } from '../sound/level.ts'
import { findLevels, storeLevel } from '../sound/levels.ts'
import { masterSound } from '../sound/master.ts'
import { type MixInput, mix } from '../sound/mix.ts'
import { findSources, isSystemSound, readSource, type SoundSource } from '../sound/sources.ts'
import type { StepRun } from '../tasks/run-step.ts'
import { loadLines, loadPlan } from './load-film.ts'
import { loadJob, lockJob, type RenderJob } from './load-job.ts'
import { holdKnown } from './plan-clips.ts'
import { presentCached } from './present-cached.ts'

/** Raised when the same plan and sources give another mix. */
const MIXER_VERSION = 1
/** Sources fetched and decoded at the same time. */
const PARALLEL_SOURCES = 2

/** What a sound step leaves behind: the film's sound as AAC in MP4. */
export type SoundOutcome = {
  objectKey: string
  sha256: string
  sizeBytes: number
  reused: boolean
  sound: FilmSound
}

export async function soundStep(context: WorkerContext, run: StepRun): Promise<void> {
  const { db, store, systemStore } = context
  const job = await loadJob(db.pool, run.step.jobId)
  const { plan } = await loadPlan(db.pool, job.id)
  const sound = planSound(job.storyboard, plan)
  const lines = await loadLines(db.pool, job.id)
  const { sources, missing } = await findSources({ db: db.pool, store, systemStore }, sound.cues, lines)
  const gone = missing[0]
  if (gone)
    throw new StepFailure(
      'validation',
      'asset_gone',
      `${gone.path}: the sound is no longer there`,
      undefined,
      gone.sceneId,
    )

  const scope = creditSource(job.owner)
  const profile = job.options.loudness ?? 'web'
  const key = audioKey(sound, sources, profile)
  const known = (await presentCached(context, scope, 'audio', [key])).get(key)
  if (known) {
    await run.commit(async (client) => {
      await lockJob(client, job.id)
      if (!(await finishStep(client, run.step, outcomeOf(known, true)))) return
      await holdKnown(client, scope, 'audio', [key])
      await updateProgress(client, job.id)
    })
    return
  }

  const made = await makeSound(context, run, sound, sources, profile)
  const sha256 = await hashFile(made.path)
  const entry: CachedObject = {
    contentKey: key,
    objectKey: `${objectPrefix(scope)}sounds/${sha256}.m4a`,
    sha256,
    sizeBytes: made.sizeBytes,
    meta: made.sound,
  }
  await store.putFile(entry.objectKey, made.path, 'audio/mp4', run.signal)
  fault('worker.sound.after_put')
  await finish(run, job, scope, entry)
}

const outcomeOf = ({ objectKey, sha256, sizeBytes, meta }: CachedObject, reused: boolean): SoundOutcome => ({
  objectKey,
  sha256,
  sizeBytes,
  reused,
  sound: meta as FilmSound,
})

async function finish(run: StepRun, job: RenderJob, scope: string, entry: CachedObject): Promise<void> {
  await run.commit(async (client) => {
    await lockJob(client, job.id)
    if (!(await finishStep(client, run.step, outcomeOf(entry, false)))) return
    await storeCached(client, scope, 'audio', entry)
    await updateProgress(client, job.id)
  })
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

type Made = { path: string; sizeBytes: number; sound: FilmSound }

async function makeSound(
  context: WorkerContext,
  run: StepRun,
  plan: SoundPlan,
  sources: ReadonlyMap<string, SoundSource>,
  profile: LoudnessProfile,
): Promise<Made> {
  const { tools } = context
  const { signal, workDir } = run
  const { placed, files, levels } = await readSources(context, run, plan, sources)
  const inputs = placed.map(
    (sound): MixInput => ({
      ...sound,
      file: { path: files.get(sound.source)!, samples: levels.get(sound.source)!.samples },
      // Those that come with Framecast are as loud as they should be, each by its nature.
      level: isSystemSound(sound.source) ? 1 : fromDb(laneGainDb(sound.lane, levels.get(sound.source)!)),
    }),
  )
  const { samples } = plan
  const mastered = await masterSound({
    tools,
    mixed: mix(inputs, samples),
    samples,
    profile,
    workDir,
    signal,
  })
  const { lufs, truePeakDb } = mastered.level
  return {
    path: mastered.path,
    sizeBytes: mastered.sizeBytes,
    sound: {
      profile,
      sources: new Set(placed.map(({ source }) => source)).size,
      lufs: tenth(lufs),
      true_peak_db: tenth(truePeakDb),
    },
  }
}

/** To a tenth; silence has no level. */
const tenth = (value: number): number | null => (Number.isFinite(value) ? Math.round(value * 10) / 10 : null)

/**
 * Fetches and decodes what is heard. A source whose level is known is read only as far as it is heard; another one is read
 * and measured as a whole.
 */
async function readSources(
  { db, tools }: WorkerContext,
  { signal, workDir }: StepRun,
  plan: SoundPlan,
  sources: ReadonlyMap<string, SoundSource>,
): Promise<{ placed: PlacedSound[]; files: Map<string, string>; levels: Map<string, SoundLevel> }> {
  const folder = join(workDir, 'sounds')
  await mkdir(folder, { recursive: true })
  const known = await findLevels(
    db.pool,
    Array.from(sources.values(), ({ identity }) => identity),
  )
  const files = new Map<string, string>()
  const levels = new Map<string, SoundLevel>()
  const read = (name: string, samples?: number) => async (): Promise<void> => {
    const source = sources.get(name)!
    const part = samples === undefined ? {} : { samples }
    const number = [...sources.keys()].indexOf(name)
    try {
      const { path, level } = await readSource(source, {
        tools,
        workDir: folder,
        name: String(number),
        signal,
        ...part,
      })
      files.set(name, path)
      if (samples !== undefined) return
      levels.set(name, level)
      await storeLevel(db.pool, source.identity, level)
    } catch (error) {
      if (!(error instanceof UnusableSound)) throw error
      const cue = plan.cues.find((one) => one.source === name)!
      throw new StepFailure(
        'validation',
        'sound_unusable',
        `${cue.path}: the sound cannot be used: ${error.message}`,
        error,
        cue.sceneId,
      )
    }
  }
  for (const [name, { identity }] of sources) {
    const level = known.get(identity)
    if (level) levels.set(name, level)
  }
  await inParallel([...sources.keys()].filter((name) => !levels.has(name)).map((name) => read(name)))
  const lengths = new Map(Array.from(levels, ([name, { samples }]) => [name, samples]))
  const placed = placeSounds(plan, lengths)
  const wanted = new Map<string, number>()
  for (const sound of placed) {
    const samples = samplesHeard(sound, lengths.get(sound.source)!)
    wanted.set(sound.source, Math.max(wanted.get(sound.source) ?? 0, samples))
  }
  await inParallel(
    [...wanted].filter(([name]) => !files.has(name)).map(([name, samples]) => read(name, samples)),
  )
  return { placed, files, levels }
}

/** How much of a source has to be there, from its beginning. */
function samplesHeard({ skip, length, loopOverlap }: PlacedSound, sourceSamples: number): number {
  const end = skip + length
  return loopOverlap > 0 && end > sourceSamples - loopOverlap ? sourceSamples : Math.min(end, sourceSamples)
}

/** A few at a time; the first failure is the reason, and what runs then is waited for. */
async function inParallel(work: readonly (() => Promise<void>)[]): Promise<void> {
  const queue = work.values()
  const drain = async (): Promise<void> => {
    for (const one of queue) await one()
  }
  const ends = await Promise.allSettled(Array.from({ length: PARALLEL_SOURCES }, drain))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

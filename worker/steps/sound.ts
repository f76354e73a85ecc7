/** The sound step: fetches what is heard, mixes it to the sample, brings it to its loudness, and stores it as AAC. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { creditSource, objectPrefix } from '../../core/access/owner.ts'
import type { CachedObject } from '../../core/jobs/content-cache.ts'
import { updateProgress } from '../../core/jobs/progress.ts'
import type { StepRef } from '../../core/jobs/remake.ts'
import { finishStep } from '../../core/jobs/steps.ts'
import type { FilmSound } from '../../core/jobs/types.ts'
import { fault } from '../../core/platform/faults.ts'
import { fromDb } from '../../core/sound/loudness.ts'
import {
  type PlacedSound,
  placeSounds,
  type SoundCue,
  type SoundPlan,
} from '../../core/storyboard/sound-plan.ts'
import { hashFile } from '../compose/verify.ts'
import type { WorkerContext } from '../context.ts'
import { StepFailure } from '../failures.ts'
import { UnusableSound } from '../sound/errors.ts'
import { laneGainDb, type SoundLevel } from '../sound/level.ts'
import { findLevels, storeLevel } from '../sound/levels.ts'
import { masterSound } from '../sound/master.ts'
import { type MixInput, mix } from '../sound/mix.ts'
import { isSystemSound, readSource, type SoundSource } from '../sound/sources.ts'
import type { StepRun } from '../tasks/run-step.ts'
import { announce } from './announce.ts'
import { InputsLost, isLost } from './inputs.ts'
import { keepCached } from './keep-cached.ts'
import { loadLines, loadPlan } from './load-film.ts'
import { loadJob, lockJob } from './load-job.ts'
import { holdKnown } from './plan-clips.ts'
import { knownSound, type SoundIngredients, soundIngredients, soundOutcome } from './sound-ingredients.ts'

/** Sources fetched and decoded at the same time. */
const PARALLEL_SOURCES = 2

export async function soundStep(context: WorkerContext, run: StepRun): Promise<void> {
  const { db, store } = context
  const job = await loadJob(db.pool, run.step.jobId)
  const { plan } = await loadPlan(db.pool, job.id)
  const ingredients = await soundIngredients(context, job, plan, await loadLines(db.pool, job.id))
  const gone = ingredients.missing[0]
  if (gone) throw goneSound(gone)

  const scope = creditSource(job.owner)
  const policy = job.options.cache ?? 'use'
  const { contentKey } = ingredients
  const known = await knownSound(context, scope, policy, contentKey)
  if (known) {
    await run.commit(async (client) => {
      await lockJob(client, job.id)
      if (!(await finishStep(client, run.step, soundOutcome(known, true)))) return
      await holdKnown(client, scope, 'audio', [contentKey])
      await updateProgress(client, job.id)
    })
    return
  }

  const made = await makeSound(context, run, ingredients)
  const sha256 = await hashFile(made.path)
  const folder = policy === 'bypass' ? `${objectPrefix(job.owner)}jobs/${job.id}/` : objectPrefix(scope)
  const entry: CachedObject = {
    contentKey,
    objectKey: `${folder}sounds/${sha256}.m4a`,
    sha256,
    sizeBytes: made.sizeBytes,
    meta: made.sound,
  }
  await announce(run, entry.objectKey)
  await store.putFile(entry.objectKey, made.path, 'audio/mp4', run.signal)
  fault('worker.sound.after_put')
  await run.commit(async (client) => {
    await lockJob(client, job.id)
    if (!(await finishStep(client, run.step, soundOutcome(entry, false)))) return
    await keepCached(client, policy, scope, 'audio', entry)
    await updateProgress(client, job.id)
  })
}

/** An asset of the owner that is heard, and is not there: nothing can be made in its place. */
const goneSound = ({ path, sceneId }: SoundCue, cause?: unknown): StepFailure =>
  new StepFailure('validation', 'asset_gone', `${path}: the sound is no longer there`, cause, sceneId)

type Made = { path: string; sizeBytes: number; sound: FilmSound }

async function makeSound(
  context: WorkerContext,
  run: StepRun,
  { plan, sources, profile }: SoundIngredients,
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
  // Lines that were spoken, and are not in the store any more.
  const lost: StepRef[] = []
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
      const cue = plan.cues.find((one) => one.source === name)!
      if (isLost(error) && source.kind === 'object' && source.sha256 !== null) {
        if (cue.lane !== 'dialogue') throw goneSound(cue, error)
        if (error.code === 'storage_corrupt') await source.store.remove([source.objectKey])
        lost.push({ kind: 'voice', key: name })
        return
      }
      if (!(error instanceof UnusableSound)) throw error
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
  const readAll = async (work: readonly (() => Promise<void>)[]): Promise<void> => {
    await inParallel(work)
    if (lost.length > 0) throw new InputsLost(lost)
  }
  await readAll([...sources.keys()].filter((name) => !levels.has(name)).map((name) => read(name)))
  const lengths = new Map(Array.from(levels, ([name, { samples }]) => [name, samples]))
  const placed = placeSounds(plan, lengths)
  const wanted = new Map<string, number>()
  for (const sound of placed) {
    const samples = samplesHeard(sound, lengths.get(sound.source)!)
    wanted.set(sound.source, Math.max(wanted.get(sound.source) ?? 0, samples))
  }
  await readAll(
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

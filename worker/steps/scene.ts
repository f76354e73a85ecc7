/** The scene step: has an engine make the clip, conforms it for the film, and stores it under its content hash. */
import { extname, join } from 'node:path'
import sharp from 'sharp'
import { creditSource, objectPrefix } from '../../core/access/owner.ts'
import { mayReuse } from '../../core/jobs/cache-policy.ts'
import { posterKeyOf } from '../../core/jobs/cached-clips.ts'
import { replaceCached, storeCached } from '../../core/jobs/content-cache.ts'
import { appendEvent } from '../../core/jobs/events.ts'
import { recordGeneration } from '../../core/jobs/generation-times.ts'
import { updateProgress } from '../../core/jobs/progress.ts'
import { isCloud } from '../../core/jobs/routing.ts'
import { finishStep, storeRemoteId } from '../../core/jobs/steps.ts'
import { filmFormat } from '../../core/media/format.ts'
import type { Queryable } from '../../core/platform/database.ts'
import { fault } from '../../core/platform/faults.ts'
import { conformClip } from '../compose/conform.ts'
import { makePoster } from '../compose/stills.ts'
import type { WorkerContext } from '../context.ts'
import type { EngineCallbacks, ReferenceImage, SceneRequest, SceneResult } from '../engines/engine.ts'
import { openBooks } from '../engines/host-books.ts'
import { StepFailure } from '../failures.ts'
import { StepStopped } from '../leases/running-steps.ts'
import type { StepRun } from '../tasks/run-step.ts'
import { announce } from './announce.ts'
import { isLost } from './inputs.ts'
import { startLaps } from './laps.ts'
import { loadJob, lockJob, type RenderJob } from './load-job.ts'
import { reusedOutcome, type SceneInput, type SceneOutcome } from './plan.ts'
import { holdKnown } from './plan-clips.ts'
import { presentCached } from './present-cached.ts'
import { createReporter } from './report.ts'

/** Share of a scene's progress that the engine's work stands for; the rest is conforming and storing. */
const ENGINE_SHARE = 0.9
const PREVIEW_SIDE = 640
/** How long a store that is away is waited for, for the still of a clip. */
const POSTER_BUDGET_MS = 60_000

export async function sceneStep(context: WorkerContext, run: StepRun): Promise<void> {
  const { db, store, tools } = context
  const { step, signal, workDir } = run
  const input = step.input as SceneInput
  const { clip } = input
  const laps = startLaps()
  const job = await loadJob(db.pool, step.jobId)
  const scope = creditSource(job.owner)
  const contentKey = step.contentKey!

  // Another job may have made this very clip since ours was planned.
  const wanted = mayReuse(input.cache) ? [contentKey] : []
  const known = (await presentCached(context, scope, 'clip', wanted)).get(contentKey)
  if (known) {
    await finish(run, job, input, reusedOutcome(known, input.seed))
    return
  }

  const report = createReporter(context, run)
  const previewPrefix = `${objectPrefix(job.owner)}jobs/${job.id}/previews/${clip.sceneNumber}-${step.attempt}`
  let pictures = 0
  const { resolution, aspect, fps } = job.options
  const format = filmFormat(resolution, aspect, fps)
  // Its own: a scene may have fallen back to another engine than its job's.
  const engineKind = step.engine ?? job.engine
  const engine = context.engines.get(engineKind)
  if (!engine) throw new StepFailure('system', 'no_engine', `this worker drives no ${engineKind} engine`)

  const referenceImages = await fetchReferences(context, run, clip.referenceImages)
  laps.lap('prepare')
  const books = openBooks(context, run, input.workflow)
  const request: SceneRequest = {
    jobId: job.id,
    stepId: step.id,
    attempt: step.attempt,
    workflow: input.workflow,
    sceneId: clip.sceneId,
    sceneNumber: clip.sceneNumber,
    scenesTotal: input.scenesTotal,
    title: input.title,
    prompt: clip.prompt,
    negativePrompt: clip.negativePrompt,
    writtenPrompt: clip.writtenPrompt,
    details: clip.details,
    seed: input.seed,
    format,
    frames: clip.frames,
    durationS: clip.durationS,
    cutFrames: clip.cutFrames,
    referenceImages,
    remoteId: step.remoteId,
    host: step.host,
    workDir,
  }
  // Told first when the engine begins: what came before was waiting.
  let begunAt: number | null = null
  const on: EngineCallbacks = {
    async remoteId(id) {
      const ours = await run.write((pool) => storeRemoteId(pool, step, id))
      if (!ours) throw new StepStopped('fenced')
      fault('worker.scene.remote_id_stored')
    },
    progress({ fraction }) {
      begunAt ??= performance.now()
      report.progress(fraction * ENGINE_SHARE)
    },
    preview(image) {
      pictures += 1
      report.preview(`${previewPrefix}-${pictures}.jpg`, () =>
        sharp(image, { limitInputPixels: 50_000_000 })
          .resize(PREVIEW_SIDE, PREVIEW_SIDE, { fit: 'inside', withoutEnlargement: true })
          .jpeg({ quality: 80 })
          .toBuffer(),
      )
    },
  }
  const delivered = await books.generate(() => engine.run(request, on, signal))
  laps.lap('engine')
  // What an earlier attempt began is not measured whole.
  const measuredS = begunAt === null || step.remoteId !== null ? null : (performance.now() - begunAt) / 1_000
  fault('worker.scene.generated')

  const conformed = await books.use(() =>
    conformClip({
      tools,
      source: delivered.path,
      format,
      frames: clip.frames,
      cutFrames: clip.cutFrames,
      out: join(workDir, 'conformed.mp4'),
      workDir,
      signal,
      onProgress: (fraction) => report.progress(ENGINE_SHARE + (1 - ENGINE_SHARE) * fraction),
    }),
  )
  laps.lap('conform')
  fault('worker.scene.conformed')

  // A clip that is not to be kept goes with its job.
  const folder = input.cache === 'bypass' ? `${objectPrefix(job.owner)}jobs/${job.id}/` : objectPrefix(scope)
  const objectKey = `${folder}clips/${conformed.sha256}.mp4`
  const [poster] = await Promise.all([
    makePoster({ tools, source: conformed.path, frames: conformed.frames, format, workDir, signal }),
    announce(run, objectKey),
  ])
  laps.lap('poster')
  await store.putBytes(posterKeyOf(objectKey), poster, 'image/jpeg', signal, POSTER_BUDGET_MS)
  await store.putFile(objectKey, conformed.path, 'video/mp4', signal)
  fault('worker.scene.after_put')
  await report.settled()
  laps.lap('store')

  const outcome: SceneOutcome = {
    objectKey,
    sha256: conformed.sha256,
    sizeBytes: conformed.sizeBytes,
    frames: conformed.frames,
    keyFrames: conformed.keyFrames,
    reused: false,
    ...origin(delivered),
    // What a cloud made and the store lost is paid for again.
    ...(input.again && isCloud(engineKind) ? { possibleDoubleCharge: true } : {}),
    ...(input.fallbacks ? { fallbacks: input.fallbacks } : {}),
  }
  await finish(run, job, input, outcome, measuredS)
  laps.lap('commit')
  run.log.info({ spentMs: laps.spentMs }, 'scene made')
  fault('worker.scene.committed')
}

const origin = ({ model, seed, engineHost, possibleDoubleCharge }: SceneResult) => ({
  model,
  seed,
  engineHost,
  ...(possibleDoubleCharge ? { possibleDoubleCharge } : {}),
})

/** Publishes the clip: cache, step, event and progress in one transaction, or nothing when the step is not ours. */
async function finish(
  run: StepRun,
  job: RenderJob,
  input: SceneInput,
  outcome: SceneOutcome,
  measuredS: number | null = null,
): Promise<void> {
  const { step } = run
  const posterKey = posterKeyOf(outcome.objectKey)
  await run.commit(async (client) => {
    await lockJob(client, job.id)
    if (!(await finishStep(client, step, outcome, posterKey))) return
    const { objectKey, sha256, sizeBytes, frames, keyFrames } = outcome
    const contentKey = step.contentKey!
    const clip = { contentKey, objectKey, sha256, sizeBytes, meta: { frames, keyFrames } }
    const scope = creditSource(job.owner)
    if (input.cache === 'refresh') await replaceCached(client, scope, 'clip', clip)
    else if (outcome.reused) await holdKnown(client, scope, 'clip', [contentKey])
    else if (input.cache !== 'bypass') await storeCached(client, scope, 'clip', clip)
    // A scene is told of as complete once, also when its clip was lost and made again.
    if (!input.again) await tellComplete(client, job, input, outcome.reused, posterKey)
    if (measuredS !== null)
      await recordGeneration(client, {
        engine: step.engine ?? job.engine,
        workflow: input.workflow,
        megapixels: input.megapixels,
        seconds: measuredS,
      })
    await updateProgress(client, job.id, true)
  })
}

async function tellComplete(
  client: Queryable,
  job: RenderJob,
  { clip }: SceneInput,
  reused: boolean,
  posterKey: string,
): Promise<void> {
  const { rows } = await client.query<{ total: number; completed: number }>(
    `select count(*)::int as total, count(*) filter (where state = 'done')::int as completed
     from job_steps where job_id = $1 and kind = 'scene'`,
    [job.id],
  )
  await appendEvent(client, job.id, 'scene_complete', {
    scene_id: clip.sceneId,
    scenes_completed: rows[0]!.completed,
    scenes_total: rows[0]!.total,
    duration: clip.durationS,
    reused,
    previews: [{ scene_id: clip.sceneId, key: posterKey, generated_at: new Date().toISOString() }],
  })
}

/** Fetches the reference images of a scene, checked against the hash they were confirmed with. */
async function fetchReferences(
  context: WorkerContext,
  run: StepRun,
  images: SceneInput['clip']['referenceImages'],
): Promise<ReferenceImage[]> {
  if (images.length === 0) return []
  const { rows } = await context.db.pool.query<{ id: string; s3_key: string; sha256: string }>(
    `select id, s3_key, metadata ->> 'sha256' as sha256 from asset_files where id = any($1::uuid[]) and status = 'ready'`,
    [images.map((image) => image.assetId)],
  )
  const assets = new Map(rows.map((row) => [row.id, row]))
  return Promise.all(
    images.map(async ({ assetId, weight, symbol }) => {
      const asset = assets.get(assetId.toLowerCase())
      if (!asset)
        throw new StepFailure(
          'validation',
          'asset_gone',
          `a reference image of @${symbol} is no longer there`,
        )
      const path = join(run.workDir, `${asset.sha256}${extname(asset.s3_key)}`)
      try {
        await context.store.getFile(asset.s3_key, path, run.signal, asset.sha256)
      } catch (error) {
        if (!isLost(error)) throw error
        const message = `a reference image of @${symbol} is no longer in the store as it was uploaded`
        throw new StepFailure('validation', 'asset_gone', message, error)
      }
      return { path, sha256: asset.sha256, weight }
    }),
  )
}

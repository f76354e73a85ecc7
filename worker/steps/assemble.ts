/** The assemble step: fetches the clips, composes the film, makes its pictures, and publishes it. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { objectPrefix } from '../../core/access/owner.ts'
import { updateProgress } from '../../core/jobs/progress.ts'
import { finishStep } from '../../core/jobs/steps.ts'
import { completeJob } from '../../core/jobs/transitions.ts'
import type { JobOutput } from '../../core/jobs/types.ts'
import type { Queryable } from '../../core/platform/database.ts'
import { fault } from '../../core/platform/faults.ts'
import { composeFilm } from '../compose/film.ts'
import { makeContactSheet, makeThumbnail } from '../compose/stills.ts'
import type { WorkerContext } from '../context.ts'
import type { StepRun } from '../tasks/run-step.ts'
import { loadJob, lockJob } from './load-job.ts'
import type { PlanOutcome, SceneOutcome } from './plan.ts'
import { createReporter } from './report.ts'

/** Clips fetched at the same time. */
const PARALLEL_FETCHES = 4
/** How long a store that is away is waited for, for the small pictures. */
const PICTURE_BUDGET_MS = 60_000
/** Shares of this step's progress. */
const FETCHED = 0.2
const COMPOSED = 0.85

export async function assembleStep(context: WorkerContext, run: StepRun): Promise<void> {
  const { db, store, tools } = context
  const { step, signal, workDir } = run
  const job = await loadJob(db.pool, step.jobId)
  const { plan, warnings } = await loadPlan(db.pool, job.id)
  const scenes = await loadScenes(db.pool, job.id)
  const report = createReporter(context, run)
  await run.commit((client) => updateProgress(client, job.id, true))

  const segments = await fetchSegments(context, run, scenes, (fraction) =>
    report.progress(FETCHED * fraction),
  )
  const composed = await composeFilm({
    tools,
    plan,
    segments,
    workDir,
    out: join(workDir, 'film.mp4'),
    signal,
    onProgress: (fraction) => report.progress(FETCHED + (COMPOSED - FETCHED) * fraction),
  })
  fault('worker.assemble.composed')
  const pictures = { tools, film: composed.path, plan, workDir, signal }
  const thumbnail = await makeThumbnail(pictures)
  const contactSheet = await makeContactSheet(pictures)
  report.progress(0.9)

  // The hash is part of the key: two attempts that made other bytes never write over each other.
  const sha256 = await hashFile(composed.path)
  const prefix = `${objectPrefix(job.owner)}jobs/${job.id}/${sha256.slice(0, 16)}`
  const keys = {
    video: `${prefix}/final.mp4`,
    thumbnail: `${prefix}/thumbnail.jpg`,
    contactSheet: `${prefix}/contact-sheet.png`,
  }
  await store.putFile(keys.video, composed.path, 'video/mp4', signal)
  await store.putBytes(keys.thumbnail, thumbnail, 'image/jpeg', signal, PICTURE_BUDGET_MS)
  await store.putBytes(keys.contactSheet, contactSheet, 'image/png', signal, PICTURE_BUDGET_MS)
  fault('worker.assemble.after_put')
  await report.settled()

  const made = [...scenes.values()].find((scene) => !scene.reused)
  const { width, height, fps } = plan.format
  await run.commit(async (client) => {
    await lockJob(client, job.id)
    const output: JobOutput = {
      video_key: keys.video,
      thumbnail_key: keys.thumbnail,
      contact_sheet_key: keys.contactSheet,
      scene_clips: plan.clips.map((clip) => {
        const scene = scenes.get(clip.sceneId)!
        return {
          scene_id: clip.sceneId,
          key: scene.objectKey,
          duration: clip.durationS,
          reused: scene.reused,
        }
      }),
      duration: composed.durationS,
      resolution: `${width}x${height}`,
      format: 'mp4',
      size_bytes: composed.sizeBytes,
      sha256,
      metadata: {
        model_used: made?.model ?? job.options.workflow,
        seed: job.options.seed ?? null,
        frames: composed.frames,
        fps,
        scenes_total: scenes.size,
        scenes_reused: [...scenes.values()].filter((scene) => scene.reused).length,
        joins_encoded: composed.joinsEncoded,
        frames_copied: composed.framesCopied,
        frames_encoded: composed.framesEncoded,
        sound: 'silent',
        warnings,
        ...(await spentSoFar(client, job.id)),
      },
    }
    if (!(await finishStep(client, step, { video_key: keys.video, sha256 }))) return
    await completeJob(client, job.id, output)
  })
  fault('worker.assemble.committed')
}

async function loadPlan(db: Queryable, jobId: string): Promise<PlanOutcome> {
  const { rows } = await db.query<{ result: PlanOutcome }>(
    `select result from job_steps where job_id = $1 and kind = 'plan' and state = 'done'`,
    [jobId],
  )
  if (!rows[0]) throw new Error('the assembly was reached without a plan')
  return rows[0].result
}

async function loadScenes(db: Queryable, jobId: string): Promise<Map<string, SceneOutcome>> {
  const { rows } = await db.query<{ key: string; result: SceneOutcome }>(
    `select key, result from job_steps where job_id = $1 and kind = 'scene' and state = 'done'`,
    [jobId],
  )
  return new Map(rows.map((row) => [row.key, row.result]))
}

type Segment = { path: string; frames: number; keyFrames: number[] }

/** Fetches every clip once, a few at a time, each checked against its hash. */
async function fetchSegments(
  context: WorkerContext,
  run: StepRun,
  scenes: ReadonlyMap<string, SceneOutcome>,
  onProgress: (fraction: number) => void,
): Promise<Map<string, Segment>> {
  const folder = join(run.workDir, 'segments')
  await mkdir(folder)
  const segments = new Map<string, Segment>()
  const queue = [...scenes]
  const fetchNext = async (): Promise<void> => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const [sceneId, scene] = next
      const path = join(folder, `${scene.sha256}-${queue.length}.mp4`)
      await context.store.getFile(scene.objectKey, path, run.signal, scene.sha256)
      segments.set(sceneId, { path, frames: scene.frames, keyFrames: scene.keyFrames })
      onProgress(segments.size / scenes.size)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL_FETCHES }, fetchNext))
  return segments
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/** Seconds spent a stage, and all in all in milliseconds, by the database's clock. */
async function spentSoFar(
  client: Queryable,
  jobId: string,
): Promise<{ generation_time_ms: number; stages: Record<string, number> }> {
  const { rows } = await client.query<{
    waiting: string
    planning: string
    scenes: string
    assembling: string
  }>(
    `with steps as (
       select max(finished_at) filter (where kind = 'plan') as planned,
         max(finished_at) filter (where kind = 'scene') as generated,
         max(started_at) filter (where kind = 'assemble') as assembling
       from job_steps where job_id = $1
     )
     select extract(epoch from j.started_at - j.created_at) as waiting,
       extract(epoch from s.planned - j.started_at) as planning,
       greatest(0, extract(epoch from s.generated - s.planned)) as scenes,
       extract(epoch from clock_timestamp() - s.assembling) as assembling
     from jobs j, steps s where j.id = $1`,
    [jobId],
  )
  const stages = Object.fromEntries(
    Object.entries(rows[0]!).map(([stage, seconds]) => [
      stage,
      Math.max(0, Math.round(Number(seconds) * 1_000) / 1_000),
    ]),
  )
  const total = Object.values(stages).reduce((sum, seconds) => sum + seconds, 0)
  return { generation_time_ms: Math.round(total * 1_000), stages }
}

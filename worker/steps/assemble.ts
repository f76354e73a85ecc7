/**
 * The assemble step: when everything is there, puts the film together and publishes it. A film that is known already is
 * published without being put together again.
 */
import { creditSource, objectPrefix } from '../../core/access/owner.ts'
import { mayReuse } from '../../core/jobs/cache-policy.ts'
import { touchCached } from '../../core/jobs/content-cache.ts'
import { updateProgress } from '../../core/jobs/progress.ts'
import { finishStep } from '../../core/jobs/steps.ts'
import { completeJob } from '../../core/jobs/transitions.ts'
import { type JobOutput, silentTrack } from '../../core/jobs/types.ts'
import type { Queryable } from '../../core/platform/database.ts'
import { fault } from '../../core/platform/faults.ts'
import { withCaptions } from '../../core/storyboard/burn-in.ts'
import { cutList } from '../compose/cut-list.ts'
import { filmKey } from '../compose/film-key.ts'
import type { WorkerContext } from '../context.ts'
import type { StepRun } from '../tasks/run-step.ts'
import { captionsOf, lateLineWarnings, storeCaptions, typefaceWarnings } from './captions.ts'
import { keyedOrders } from './join.ts'
import { keepCached } from './keep-cached.ts'
import { loadDrawn, loadLines, loadPlan, loadScenes, loadSound } from './load-film.ts'
import { loadJob, lockJob } from './load-job.ts'
import { type FilmParts, makeFilm, type PlacedOrder } from './make-film.ts'
import type { SceneOutcome } from './plan.ts'
import { createReporter } from './report.ts'
import { reuseFilm } from './reuse-film.ts'

export async function assembleStep(context: WorkerContext, run: StepRun): Promise<void> {
  const { db } = context
  const { step } = run
  const language = context.config.CAPTIONS_LANGUAGE
  const job = await loadJob(db.pool, step.jobId)
  const planned = await loadPlan(db.pool, job.id)
  const scenes = await loadScenes(db.pool, job.id)
  const drawn = await loadDrawn(db.pool, job.id)
  const sound = await loadSound(db.pool, job.id)
  const voices = await loadLines(db.pool, job.id)
  const captions =
    job.options.captions === 'off' ? null : captionsOf(planned.plan, job.storyboard, voices, language)
  const isBurnt = captions !== null && job.options.captions === 'burn'
  // Burnt in and switched on as well, they would be read twice.
  const track = isBurnt ? null : captions
  const plan = isBurnt ? withCaptions(planned.plan, captions.cues) : planned.plan
  const report = createReporter(context, run)
  await run.commit((client) => updateProgress(client, job.id, true))

  const list = cutList(plan, scenes)
  const orders = list.pieces.flatMap((piece, index): PlacedOrder[] =>
    piece.kind === 'render' ? [{ ...keyedOrders(plan, [piece], scenes)[0]!, index }] : [],
  )
  const keys = new Map(orders.map(({ index, contentKey }) => [index, contentKey]))
  const contentKey = filmKey({
    plan,
    pieces: list.pieces,
    sha256Of: (sceneId) => scenes.get(sceneId)!.sha256,
    drawingKeyOf: (index) => keys.get(index)!,
    sound: sound?.sha256 ?? null,
    captions: track ? [{ sha256: track.sha256, language }] : [],
  })
  const scope = creditSource(job.owner)
  const prefix = `${objectPrefix(job.owner)}jobs/${job.id}`
  const parts: FilmParts = { plan, list, scenes, orders, drawn, sound, track, scope, prefix }
  const policy = job.options.cache ?? 'use'
  const known = mayReuse(policy) ? await reuseFilm(context, run, scope, contentKey, prefix) : null
  const film = known ?? (await makeFilm(context, run, parts, report))
  const captionKeys = captions && (await storeCaptions(context, run, captions, film.videoKey))
  await report.settled()

  const made = [...scenes.values()].find((scene) => !scene.reused)
  const moved = movesOf(scenes)
  const { width, height, fps } = plan.format
  await run.commit(async (client) => {
    await lockJob(client, job.id)
    const output: JobOutput = {
      video_key: film.videoKey,
      thumbnail_key: film.thumbnailKey,
      contact_sheet_key: film.contactSheetKey,
      captions: captionKeys,
      scene_clips: plan.clips.map((clip) => {
        const scene = scenes.get(clip.sceneId)!
        return {
          scene_id: clip.sceneId,
          key: scene.objectKey,
          sha256: scene.sha256,
          duration: clip.durationS,
          reused: scene.reused,
        }
      }),
      duration: plan.frames / fps,
      resolution: `${width}x${height}`,
      format: 'mp4',
      size_bytes: film.sizeBytes,
      sha256: film.sha256,
      metadata: {
        model_used: made?.model ?? job.options.workflow,
        seed: job.options.seed ?? null,
        frames: plan.frames,
        fps,
        scenes_total: scenes.size,
        scenes_reused: [...scenes.values()].filter((scene) => scene.reused).length,
        joins_encoded: orders.filter(({ piece }) => piece.join !== null).length,
        frames_copied: list.framesCopied,
        frames_encoded: list.framesRendered,
        sound: sound?.sound ?? silentTrack(job.options.loudness),
        ...moved,
        shots: plan.shots.map(({ sceneId, startFrame, frames }) => ({
          scene_id: sceneId,
          start_frame: startFrame,
          frames,
        })),
        warnings: [
          ...planned.warnings,
          ...fallbackWarnings(moved.fallbacks),
          ...lateLineWarnings(job.storyboard, voices),
          ...(isBurnt ? typefaceWarnings(captions.cues) : []),
        ],
        ...(await spentSoFar(client, job.id)),
      },
    }
    if (!(await finishStep(client, step, { video_key: film.videoKey, sha256: film.sha256, reused: !!known })))
      return
    if (known) await touchCached(client, scope, 'film', [contentKey])
    else {
      const { videoKey: objectKey, sha256, sizeBytes, thumbnailKey, contactSheetKey } = film
      const meta = { thumbnailKey, contactSheetKey }
      await keepCached(client, policy, scope, 'film', { contentKey, objectKey, sha256, sizeBytes, meta })
    }
    await completeJob(client, job.id, output)
  })
  fault('worker.assemble.committed')
}

type Moves = Required<Pick<JobOutput['metadata'], 'fallbacks' | 'possible_double_charge'>>

/** What a bill and a viewer have to know of where scenes were made. */
function movesOf(scenes: ReadonlyMap<string, SceneOutcome>): Moves {
  const made = [...scenes].filter(([, { reused }]) => !reused)
  return {
    fallbacks: made.flatMap(([scene_id, { fallbacks = [] }]) =>
      fallbacks.map((move) => ({ scene_id, ...move })),
    ),
    possible_double_charge: made.flatMap(([id, { possibleDoubleCharge }]) =>
      possibleDoubleCharge ? [id] : [],
    ),
  }
}

/** One for each scene: its last engine counts. */
const fallbackWarnings = (moves: Moves['fallbacks']): string[] =>
  [...new Map(moves.map((move) => [move.scene_id, move])).values()].map(
    ({ scene_id, to, message }) => `scene ${scene_id} was made by the ${to} engine instead: ${message}`,
  )

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
         max(finished_at) filter (where kind = 'scene') as generated
       from job_steps where job_id = $1
     )
     select extract(epoch from j.started_at - j.created_at) as waiting,
       extract(epoch from s.planned - j.started_at) as planning,
       greatest(0, extract(epoch from s.generated - s.planned)) as scenes,
       extract(epoch from clock_timestamp() - greatest(s.planned, s.generated)) as assembling
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

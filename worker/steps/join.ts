/** The join step: draws pieces of the film as soon as the scenes they are drawn from are there, while others generate. */
import { stat } from 'node:fs/promises'
import { creditSource, objectPrefix } from '../../core/access/owner.ts'
import { mayReuse } from '../../core/jobs/cache-policy.ts'
import { type CachedObject, touchCached } from '../../core/jobs/content-cache.ts'
import { updateProgress } from '../../core/jobs/progress.ts'
import { finishStep } from '../../core/jobs/steps.ts'
import { fault } from '../../core/platform/faults.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import type { RenderPiece } from '../compose/cut-list.ts'
import { drawPieces } from '../compose/draw-pieces.ts'
import { scenesOf } from '../compose/drawing-groups.ts'
import { type DrawingOrder, drawingKey, drawingOrder } from '../compose/drawing-order.ts'
import { hashFile } from '../compose/verify.ts'
import type { WorkerContext } from '../context.ts'
import type { StepRun } from '../tasks/run-step.ts'
import { announce } from './announce.ts'
import { fetchInputs, segmentsOf } from './inputs.ts'
import { keepCached } from './keep-cached.ts'
import { loadPlan, loadScenes } from './load-film.ts'
import { loadJob, lockJob } from './load-job.ts'
import { presentCached } from './present-cached.ts'
import { createReporter } from './report.ts'

/** What a join step is told, stored with it. */
export type JoinInput = { pieces: readonly RenderPiece[] }

/** A drawn piece in the store; `contentKey` says what is seen in it. */
export type DrawnPiece = {
  contentKey: string
  objectKey: string
  sha256: string
  sizeBytes: number
  reused: boolean
}

/** What a join step leaves behind. */
export type JoinOutcome = { drawn: DrawnPiece[] }

export type KeyedOrder = DrawingOrder & { readonly contentKey: string }

/** Orders for pieces whose scenes are there. */
export const keyedOrders = (
  plan: ShotPlan,
  pieces: readonly RenderPiece[],
  scenes: ReadonlyMap<string, { sha256: string }>,
): KeyedOrder[] =>
  pieces.map((piece) => {
    const order = drawingOrder(plan, piece)
    return { ...order, contentKey: drawingKey(order, (sceneId) => scenes.get(sceneId)!.sha256) }
  })

/** A drawn piece that was there already. */
export const reusedPiece = ({ contentKey, objectKey, sha256, sizeBytes }: CachedObject): DrawnPiece => ({
  contentKey,
  objectKey,
  sha256,
  sizeBytes,
  reused: true,
})

/** Share of fetching in this step's progress. */
const FETCHED = 0.1

export async function joinStep(context: WorkerContext, run: StepRun): Promise<void> {
  const { db, store, tools } = context
  const { step, signal, workDir } = run
  const job = await loadJob(db.pool, step.jobId)
  const scope = creditSource(job.owner)
  const { plan } = await loadPlan(db.pool, job.id)
  const scenes = await loadScenes(db.pool, job.id)
  // A join that is seen twice is drawn once.
  const orders = new Map(
    keyedOrders(plan, (step.input as JoinInput).pieces, scenes).map((order) => [order.contentKey, order]),
  )
  const policy = job.options.cache ?? 'use'
  const cached = await presentCached(context, scope, 'join', mayReuse(policy) ? [...orders.keys()] : [])
  // What is not to be kept goes with its job.
  const folder = policy === 'bypass' ? `${objectPrefix(job.owner)}jobs/${job.id}/` : objectPrefix(scope)
  const drawn: DrawnPiece[] = [...cached.values()].map(reusedPiece)
  const missing = [...orders.values()].filter(({ contentKey }) => !cached.has(contentKey))

  const report = createReporter(context, run)
  if (missing.length > 0) {
    const needed = new Set(missing.flatMap(({ piece }) => scenesOf(piece)))
    const { segments, objects } = await segmentsOf(workDir, scenes, needed)
    await fetchInputs(context, run, objects)
    report.progress(FETCHED)
    const made: DrawnPiece[] = []
    await drawPieces({
      tools,
      orders: missing,
      segmentPath: (sceneId) => segments.get(sceneId)!.path,
      folder: workDir,
      signal,
      async onDrawn({ contentKey }, file) {
        fault('worker.join.rendered')
        const [sha256, { size }] = await Promise.all([hashFile(file), stat(file)])
        const objectKey = `${folder}joins/${sha256}.mp4`
        await announce(run, objectKey)
        await store.putFile(objectKey, file, 'video/mp4', signal)
        fault('worker.join.after_put')
        made.push({ contentKey, objectKey, sha256, sizeBytes: size, reused: false })
        report.progress(FETCHED + (1 - FETCHED) * (made.length / missing.length))
      },
    })
    drawn.push(...made)
  }
  await report.settled()

  await run.commit(async (client) => {
    await lockJob(client, job.id)
    const outcome: JoinOutcome = { drawn }
    if (!(await finishStep(client, step, outcome))) return
    for (const piece of drawn) {
      const { contentKey, objectKey, sha256, sizeBytes, reused } = piece
      const entry = { contentKey, objectKey, sha256, sizeBytes, meta: {} }
      if (!reused) await keepCached(client, policy, scope, 'join', entry)
    }
    if (cached.size > 0) await touchCached(client, scope, 'join', [...cached.keys()])
    await updateProgress(client, job.id)
  })
  run.log.info({ drawn: missing.length, reused: cached.size }, 'joins drawn')
  fault('worker.join.committed')
}

/** Joins are drawn while later scenes generate, and a worker that dies meanwhile loses nothing. */
import t from 'tap'
import { objectPrefix, userUrn } from '../../core/access/owner.ts'
import type { JobProgress } from '../../core/jobs/types.ts'
import {
  ageLeases,
  buildPayer,
  diedByFault,
  framesOf,
  keysUnder,
  leavesNothing,
  OPTIONS,
  promisesHold,
  startFaultStack,
  storyboard,
  until,
} from '../support/faults.ts'
import { killedAt } from '../support/killed-at.ts'

t.setTimeout(300_000)
const stack = await startFaultStack(t)
const { pool } = stack.db
const dissolved = (title: string, scenes: number) => ({
  ...storyboard(title, scenes),
  transitions: { default: { type: 'dissolve' as const, duration: 0.25 } },
})
const OVERLAP = 4
/** Of a machine that has much else to do. */
const PATIENCE_MS = 90_000

t.test('a join is drawn while a later scene is still generated', async (t) => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  t.teardown(() => release())
  stack.fake.hold = (graph) => (JSON.stringify(graph).includes('overlap, picture 3') ? released : undefined)
  const worker = await stack.startWorker()
  const { job } = await stack.jobs.accept(await buildPayer(stack), {
    spec: dissolved('overlap', 3),
    options: OPTIONS,
  })
  const states = async (): Promise<Record<string, string>> => {
    const { rows } = await pool.query('select kind, key, state from job_steps where job_id = $1', [job.id])
    return Object.fromEntries(rows.map((row) => [`${row.kind} ${row.key}`.trim(), row.state]))
  }
  await until('the first join', async () => (await states())['join 1'] === 'done', PATIENCE_MS)
  await until('the last scene', async () => (await states())['scene scene-3'] === 'running', PATIENCE_MS)
  t.match(await states(), { 'join 2': 'waiting', assemble: 'waiting' })
  const { rows } = await pool.query<{ progress: JobProgress }>('select progress from jobs where id = $1', [
    job.id,
  ])
  t.equal(rows[0]!.progress.phase, 'generating')
  release()
  stack.fake.hold = null
  await stack.finished(job.id)
  await promisesHold(t, stack, job.id, { frames: framesOf(3) - 2 * OVERLAP, charged: 3 })
  await leavesNothing(t, stack, [worker])
})

/** Fault points in the order in which a join passes them. */
const POINTS = [
  { at: 'worker.join.rendered', step: 'join' },
  { at: 'worker.join.after_put', step: 'join' },
] as const

for (const point of POINTS) {
  // With a slate on it, the one scene of the film has to be drawn.
  t.test(`killed at ${point.at}`, (t) => killedAt(t, stack, { ...point, options: { slate: true } }))
}

t.test('joins that vanish before the film is put together are drawn again', async (t) => {
  const worker = await stack.startWorker({ FAULT_PLAN: 'worker.assemble.claimed:kill' })
  const user = await buildPayer(stack)
  const { job } = await stack.jobs.accept(user, { spec: dissolved('vanished', 2), options: OPTIONS })
  await diedByFault(t, worker)
  const joins = await keysUnder(stack, `${objectPrefix(userUrn(user.userId))}joins/`)
  t.equal(joins.length, 1)
  await stack.store.remove(joins)
  await ageLeases(stack, job.id)
  const next = await stack.startWorker()
  await stack.finished(job.id)
  await next.logged((line) => line.code === 'object_missing')
  await promisesHold(t, stack, job.id, { frames: framesOf(2) - OVERLAP, charged: 2 })
  await leavesNothing(t, stack, [next])
})

t.test('killed when a known film was copied for another job', async (t) => {
  const user = await buildPayer(stack)
  const request = { spec: storyboard('known'), options: OPTIONS }
  const first = await stack.startWorker()
  const made = await stack.jobs.accept(user, request)
  await stack.finished(made.job.id)
  await first.stop()
  const worker = await stack.startWorker({ FAULT_PLAN: 'worker.film.reused:kill' })
  const { job } = await stack.jobs.accept(user, request)
  await diedByFault(t, worker)
  t.equal(await ageLeases(stack, job.id), 1)
  const next = await stack.startWorker()
  await stack.finished(job.id)
  await promisesHold(t, stack, job.id, { frames: framesOf(1), charged: 0 })
  await leavesNothing(t, stack, [next])
})

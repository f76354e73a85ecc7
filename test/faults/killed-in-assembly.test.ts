/** A worker that dies while it puts the film together: the next one finishes the work, once. */
import t from 'tap'
import { killedAt } from './killed-at.ts'
import {
  buildPayer,
  diedByFault,
  framesOf,
  leavesNothing,
  OPTIONS,
  promisesHold,
  startFaultStack,
  storyboard,
  TAKEOVER_LIMIT_S,
  until,
} from './support.ts'

t.setTimeout(180_000)
const stack = await startFaultStack(t)

/** Fault points in the order in which a render passes them, and the step that is lost there, if any. */
const POINTS = [
  { at: 'worker.assemble.claimed', step: 'assemble' },
  { at: 'worker.assemble.composed', step: 'assemble' },
  { at: 'worker.assemble.after_put', step: 'assemble' },
  { at: 'worker.assemble.committed', step: null },
] as const

for (const point of POINTS) t.test(`killed at ${point.at}`, (t) => killedAt(t, stack, point))

t.test('the next attempt begins by itself, in time', async (t) => {
  const { pool } = stack.db
  const worker = await stack.startWorker({ FAULT_PLAN: 'worker.scene.generated:kill' })
  const { job } = await stack.jobs.accept(await buildPayer(stack), {
    spec: storyboard('in time'),
    options: OPTIONS,
  })
  await diedByFault(t, worker)
  const next = await stack.startWorker()
  const { rows } = await pool.query('select clock_timestamp() as at')
  const waitedS = await until(
    'the second attempt',
    async () => {
      const { rows: claimed } = await pool.query(
        `select extract(epoch from clock_timestamp() - $2)::float as waited from job_steps
         where job_id = $1 and kind = 'scene' and attempt = 2`,
        [job.id, rows[0].at],
      )
      return claimed[0]?.waited as number | undefined
    },
    60_000,
  )
  t.ok(waitedS < TAKEOVER_LIMIT_S, `taken over after ${waitedS.toFixed(1)} s`)
  await stack.finished(job.id)
  await promisesHold(t, stack, job.id, { frames: framesOf(1), charged: 1 })
  await leavesNothing(t, stack, [next])
})

/** A worker that dies while it puts the film together: the next one finishes the work, once. */
import t from 'tap'
import { findTools } from '../../core/platform/ffmpeg.ts'
import {
  ageLeases,
  buildPayer,
  diedByFault,
  framesOf,
  leavesNothing,
  OPTIONS,
  processesNaming,
  promisesHold,
  startFaultStack,
  storyboard,
  TAKEOVER_LIMIT_S,
  until,
} from '../support/faults.ts'
import { killedAt } from '../support/killed-at.ts'

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

t.test('programs do not outlive a killed worker', async (t) => {
  const { guard } = await findTools(process.env)
  if (!guard.some((word) => word.endsWith('setpriv')))
    return t.comment('no setpriv here: nothing to hold them')
  const worker = await stack.startWorker()
  const spec = { title: 'Outlive', scenes: [{ id: 'a', prompt: 'a long slow river', duration: 4 }] }
  const { job } = await stack.jobs.accept(await buildPayer(stack), {
    spec,
    options: { ...OPTIONS, resolution: '1080p', fps: 30 },
  })
  const folder = stack.env.WORK_DIR!
  await until('ffmpeg at work', async () => (await processesNaming(folder)).length > 0)
  await worker.stop('SIGKILL')
  await until('ffmpeg to be gone', async () => (await processesNaming(folder)).length === 0, 2_000)
  await ageLeases(stack, job.id)
  const next = await stack.startWorker()
  await stack.finished(job.id)
  await promisesHold(t, stack, job.id, { frames: 120, charged: job.creditsCharged })
  await leavesNothing(t, stack, [next])
})

/** The object store is away for a while: the job waits for it and completes. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import {
  buildPayer,
  framesOf,
  leavesNothing,
  OPTIONS,
  promisesHold,
  startFaultStack,
  storyboard,
  until,
} from '../support/faults.ts'
import { startOwnStore } from '../support/store.ts'

t.setTimeout(150_000)
const own = await startOwnStore(t)
const stack = await startFaultStack(t, { store: own.options, stepMs: 300 })
const { pool } = stack.db
const worker = await stack.startWorker()

const stateOf = async (jobId: string, kind: string): Promise<string | undefined> =>
  (await pool.query('select state from job_steps where job_id = $1 and kind = $2', [jobId, kind])).rows[0]
    ?.state

t.test('for 20 seconds, from before a clip is stored', async (t) => {
  const { job } = await stack.jobs.accept(await buildPayer(stack), {
    spec: storyboard('store away'),
    options: OPTIONS,
  })
  await until('the scene to be under way', async () => (await stateOf(job.id, 'scene')) === 'running')
  await own.server.stop()
  await sleep(20_000)
  t.equal(await stateOf(job.id, 'scene'), 'running', 'the clip waits for the store')
  await own.server.start()
  await stack.finished(job.id)
  await promisesHold(t, stack, job.id, { frames: framesOf(1), charged: 1 })
  const { rows } = await pool.query('select attempt, failures from job_steps where job_id = $1', [job.id])
  for (const row of rows) t.strictSame(row, { attempt: 1, failures: 0 }, 'nothing had to be done twice')
})

t.test('from before the clips are fetched, and looked for', async (t) => {
  const user = await buildPayer(stack)
  const request = { spec: storyboard('store away', 2), options: OPTIONS }
  const first = await stack.jobs.accept(user, request)
  await stack.finished(first.job.id)
  await own.server.stop()
  // Planned anew with clips that are known: the store is asked for them.
  const { job } = await stack.jobs.accept(user, request)
  await worker.logged((line) => line.code === 'storage_unavailable' && line.jobId === job.id)
  await own.server.start()
  const done = await stack.finished(job.id)
  t.match(done.output, { metadata: { scenes_reused: 2 } })
  await promisesHold(t, stack, job.id, { frames: framesOf(2), charged: 0 })
  const { rows } = await pool.query(
    'select sum(failures)::int as failures from job_steps where job_id = $1',
    [job.id],
  )
  t.strictSame(rows, [{ failures: 0 }], 'a store that is away counts against nobody')
})

t.test('nothing is left behind', (t) => leavesNothing(t, stack, [worker]))

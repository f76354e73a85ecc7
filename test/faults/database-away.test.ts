/** The database goes away in mid-render and comes back: the job completes, and the server stays. */
import t from 'tap'
import { createApiKey } from '../../core/accounts/keys.ts'
import {
  buildPayer,
  framesOf,
  leavesNothing,
  OPTIONS,
  promisesHold,
  startFaultStack,
  storyboard,
  superviseWorker,
  until,
} from '../support/faults.ts'
import { startOwnPostgres } from '../support/postgres.ts'

t.setTimeout(180_000)
const postgres = await startOwnPostgres(t)
const stack = await startFaultStack(t, { databaseUrl: postgres.url, stepMs: 800 })
const { pool } = stack.db

/** Waits until the engine works on the job's scene. */
const generating = (jobId: string) =>
  until('the scene to be under way', async () => {
    const { rows } = await pool.query(
      `select 1 from job_steps where job_id = $1 and kind = 'scene' and state = 'running' and remote_id is not null`,
      [jobId],
    )
    return rows.length > 0
  })

t.test('PostgreSQL restarted', async (t) => {
  const user = await buildPayer(stack)
  const { rawKey } = await createApiKey(pool, { userId: user.userId, name: 'test', scopes: ['*'] })
  const server = await stack.startServer()
  const worker = superviseWorker(t, stack)
  const { job } = await stack.jobs.accept(user, { spec: storyboard('restarted'), options: OPTIONS })
  const ask = async () =>
    (await fetch(`${server.url}/v1/jobs/${job.id}`, { headers: { authorization: `Bearer ${rawKey}` } }))
      .status
  await generating(job.id)
  t.equal(await ask(), 200)
  await postgres.server.stop()
  t.equal(await ask(), 503, 'the server says so')
  await postgres.server.start()
  await until('the server to answer again', async () => (await ask()) === 200)
  await stack.finished(job.id)
  await promisesHold(t, stack, job.id, { frames: framesOf(1), charged: 1 })
  t.equal(server.part.process.exitCode, null, 'the same server process')
  await worker.stop()
  await leavesNothing(t, stack, [])
})

t.test('every connection cut', async (t) => {
  const worker = superviseWorker(t, stack)
  const { job } = await stack.jobs.accept(await buildPayer(stack), {
    spec: storyboard('cut'),
    options: OPTIONS,
  })
  await generating(job.id)
  const { rowCount } = await pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'framecast%'`,
  )
  t.ok((rowCount ?? 0) >= 3, `${rowCount} connections cut`)
  await stack.finished(job.id)
  await promisesHold(t, stack, job.id, { frames: framesOf(1), charged: 1 })
  await worker.stop()
  await leavesNothing(t, stack, [])
})

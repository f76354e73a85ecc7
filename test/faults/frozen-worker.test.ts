/** A worker that was paused for longer than its lease and wakes up: nothing it still does has any effect. */
import t from 'tap'
import {
  ageLeases,
  buildPayer,
  ENDED,
  framesOf,
  isStopped,
  leavesNothing,
  OPTIONS,
  promisesHold,
  startFaultStack,
  storyboard,
  until,
} from '../support/faults.ts'

t.setTimeout(150_000)
const stack = await startFaultStack(t)
const { pool } = stack.db

/** All that a render writes, but for times. */
async function recordOf(jobId: string): Promise<unknown> {
  const queries = [
    `select status, output, error, credits_charged, credits_refunded, last_event_sequence from jobs where id = $1`,
    `select kind, key, state, attempt, failures, remote_id, result, lease_owner, preview_key from job_steps
     where job_id = $1 order by kind, key`,
    `select sequence, event_type, payload from job_events where job_id = $1 order by sequence`,
    `select kind, amount from credit_entries where job_id = $1 order by kind`,
    `select content_key, object_key, sha256 from content_cache c
     where c.content_key in (select content_key from job_steps where job_id = $1) order by 1`,
  ]
  return Promise.all(queries.map(async (query) => (await pool.query(query, [jobId])).rows))
}

for (const at of ['worker.scene.after_put', 'worker.assemble.after_put'] as const) {
  t.test(`paused at ${at}`, async (t) => {
    const kind = at.split('.')[1]!
    const old = await stack.startWorker({ FAULT_PLAN: `${at}:stop` })
    const { job } = await stack.jobs.accept(await buildPayer(stack), {
      spec: storyboard(at),
      options: OPTIONS,
    })
    await until('the first worker to be paused', () => isStopped(old.process.pid!))
    t.equal(await ageLeases(stack, job.id), 1)

    // The second worker is paused in the same step, so that the step is running when the first one wakes.
    const next = await stack.startWorker({ FAULT_PLAN: `worker.${kind}.claimed:stop` })
    await until('the second worker to be paused', () => isStopped(next.process.pid!))
    // However long this machine takes from here, the second lease holds.
    await pool.query(
      `update job_steps set lease_until = now() + interval '10 minutes' where job_id = $1 and state = 'running'`,
      [job.id],
    )
    const before = await recordOf(job.id)
    old.process.kill('SIGCONT')
    await old.logged((line) => ENDED.has(line.msg ?? '') && line.kind === kind && line.jobId === job.id)
    t.strictSame(await recordOf(job.id), before, 'the old attempt has changed nothing')

    next.process.kill('SIGCONT')
    await stack.finished(job.id)
    await promisesHold(t, stack, job.id, { frames: framesOf(1), charged: 1 })
    const { rows } = await pool.query(
      'select attempt, failures from job_steps where job_id = $1 and kind = $2',
      [job.id, kind],
    )
    t.strictSame(rows, [{ attempt: 2, failures: 1 }])
    await leavesNothing(t, stack, [old, next])
  })
}

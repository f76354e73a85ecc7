/** A server that dies around the commit of POST /v1/generate: all of a job or nothing, and the same key finds it. */
import t from 'tap'
import { createApiKey } from '../../core/accounts/keys.ts'
import { buildPayer, diedByFault, OPTIONS, startFaultStack, storyboard } from '../support/faults.ts'

t.setTimeout(90_000)
const stack = await startFaultStack(t)
const { pool } = stack.db

/** Rows of everything that makes up an accepted job. */
async function rowsOf(userId: string) {
  const { rows } = await pool.query(
    `with mine as (select id from jobs where triggered_by = $1)
     select (select count(*) from mine)::int as jobs,
       (select count(*) from job_steps where job_id in (select id from mine))::int as steps,
       (select count(*) from job_events where job_id in (select id from mine))::int as events,
       (select count(*) from credit_entries where job_id in (select id from mine))::int as entries,
       (select count(*) from graphile_worker._private_jobs q join job_steps s on q.key = 'step:' || s.id
        where s.job_id in (select id from mine))::int as bells,
       (select credits from users where id = $1) as credits`,
    [userId],
  )
  return rows[0]
}
const NOTHING = { jobs: 0, steps: 0, events: 0, entries: 0, bells: 0, credits: 1_000 }
const ONE_JOB = { jobs: 1, steps: 1, events: 1, entries: 1, bells: 1, credits: 999 }

for (const { at, kept } of [
  { at: 'server.generate.before_commit', kept: false },
  { at: 'server.generate.after_commit', kept: true },
]) {
  t.test(`killed at ${at}`, async (t) => {
    const { userId } = await buildPayer(stack)
    const { rawKey } = await createApiKey(pool, { userId, name: 'test', scopes: ['*'] })
    const ask = async (url: string) => {
      const response = await fetch(`${url}/v1/generate`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${rawKey}`,
          'content-type': 'application/json',
          'idempotency-key': at,
        },
        body: JSON.stringify({ spec: storyboard(at), options: OPTIONS }),
      })
      return { status: response.status, body: (await response.json()) as { id: string } }
    }
    const dying = await stack.startServer({ FAULT_PLAN: `${at}:kill` })
    await t.rejects(ask(dying.url), 'the connection is cut')
    await diedByFault(t, dying.part)
    // The database may still be busy finding out that its client is gone.
    await pool.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'framecast-server' and datname = current_database()`)
    t.strictSame(await rowsOf(userId), kept ? ONE_JOB : NOTHING, kept ? 'all of it' : 'nothing at all')

    const server = await stack.startServer()
    const first = await ask(server.url)
    t.equal(first.status, kept ? 200 : 201)
    const again = await ask(server.url)
    t.equal(again.status, 200)
    t.equal(again.body.id, first.body.id, 'the same key, the same job')
    t.strictSame(await rowsOf(userId), ONE_JOB)
    await server.part.stop()
  })
}

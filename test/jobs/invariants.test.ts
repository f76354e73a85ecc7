/** What else the database refuses of jobs and what belongs to them; test/invariants has the numbered rules. */
import t from 'tap'
import { violatedConstraint } from '../../core/platform/errors.ts'
import { newId } from '../../core/platform/ids.ts'
import { buildJob, buildUser } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'

const { pool } = await startDatabase(t)
const person = await buildUser(pool)
const job = await buildJob(pool, person, { credits: 10 })

/** Runs a statement that must be refused, and tells by which constraint. */
async function refusal(sql: string, values: unknown[] = []): Promise<string | null> {
  try {
    await pool.query(sql, values)
    return 'accepted'
  } catch (error) {
    return violatedConstraint(error) ?? String((error as Error).message)
  }
}

const RULES: [rule: string, constraint: RegExp, sql: string, values?: unknown[]][] = [
  [
    'emails are unique whatever their case',
    /users_email_unique/,
    `insert into users (id, email) select $1, upper(email::text) from users where id = $2`,
    [newId(), person.userId],
  ],
  [
    'emails have a form',
    /users_email_form/,
    `insert into users (id, email) values ($1, 'nobody')`,
    [newId()],
  ],
  [
    'queued does not become failed',
    /jobs_transition/,
    `update jobs set status = 'failed', error = '{}', failure_type = 'system', completed_at = now() where id = $1`,
    [job],
  ],
  [
    'only a completed job has output',
    /jobs_completed_output/,
    `update jobs set output = '{}', output_size_bytes = 1 where id = $1`,
    [job],
  ],
  [
    'owners are URNs',
    /owner_urn/,
    `insert into jobs (id, owner, triggered_by, spec_snapshot, engine) values ($1, 'me', $2, '{}', 'preview')`,
    [newId(), person.userId],
  ],
  [
    'event sequences are unique',
    /job_events_sequence/,
    `insert into job_events (id, job_id, sequence, event_type) values ($1, $2, 1, 'queued')`,
    [newId(), job],
  ],
  [
    'event types are known',
    /job_events_type_known/,
    `insert into job_events (id, job_id, sequence, event_type) values ($1, $2, 99, 'dreaming')`,
    [newId(), job],
  ],
  [
    'one debit a job',
    /credit_entries_once/,
    `insert into credit_entries (id, source, job_id, kind, amount, moves_balance) values ($1, $2, $3, 'debit', 1, true)`,
    [newId(), `framecast:user:${person.userId}`, job],
  ],
  [
    'credit entries are never changed',
    /credit_entries_append_only/,
    `update credit_entries set amount = 0 where job_id = $1`,
    [job],
  ],
  [
    'a running step has a lease',
    /job_steps_lease/,
    `update job_steps set state = 'running' where job_id = $1`,
    [job],
  ],
  [
    'a done step has a result',
    /job_steps_done_result/,
    `update job_steps set state = 'done' where job_id = $1`,
    [job],
  ],
  [
    'a ready step waits for nothing',
    /job_steps_waiting_on/,
    `update job_steps set waiting_on = 1 where job_id = $1`,
    [job],
  ],
  [
    'a key opens something',
    /api_keys_scopes_present/,
    `insert into api_keys (id, user_id, owner, key_hash, scopes) values ($1, $2, $3, 'h', '[]')`,
    [newId(), person.userId, `framecast:user:${person.userId}`],
  ],
]

for (const [rule, constraint, sql, values] of RULES) {
  t.test(rule, async (t) => t.match(await refusal(sql, values), constraint))
}

t.test('a finished job does not change', async (t) => {
  const id = await buildJob(pool, person)
  await pool.query(
    `update jobs set status = 'canceled', failure_type = 'canceled', completed_at = now() where id = $1`,
    [id],
  )
  t.match(
    await refusal(`update jobs set status = 'processing', started_at = now() where id = $1`, [id]),
    /jobs_transition/,
  )
  t.match(await refusal(`update jobs set progress = '{"percent":50}' where id = $1`, [id]), /jobs_finished/)
})

t.test('a starter runs one job at a time, whoever counts', async (t) => {
  const starter = await buildUser(pool, { tier: 'starter' })
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => buildJob(pool, starter)))
  t.equal(results.filter((result) => result.status === 'fulfilled').length, 1)
  for (const result of results) {
    if (result.status === 'rejected') t.match(violatedConstraint(result.reason), /jobs_starter_concurrency/)
  }
})

t.test('an owner runs five jobs at a time, under 50 attempts at once', async (t) => {
  const creator = await buildUser(pool)
  const results = await Promise.allSettled(Array.from({ length: 50 }, () => buildJob(pool, creator)))
  t.equal(results.filter((result) => result.status === 'fulfilled').length, 5)
})

t.test('one idempotency key makes one job', async (t) => {
  const creator = await buildUser(pool)
  await buildJob(pool, creator, { idempotencyKey: 'k' })
  await t.rejects(buildJob(pool, creator, { idempotencyKey: 'k' }), /jobs_idempotency/)
  await buildJob(pool, await buildUser(pool), { idempotencyKey: 'k' })
})

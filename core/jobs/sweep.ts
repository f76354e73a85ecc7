/**
 * The sweeper: puts back the steps of lost workers, ends jobs that ran out of time or attempts, and rings again for
 * steps whose bell was lost. Any process may run it, at any time, more than once: the advisory lock lets one do the
 * work, and every statement is guarded.
 */
import type { Pool } from 'pg'
import { type Queryable, transaction } from '../platform/database.ts'
import { MAX_CLAIMS, MAX_FAILURES } from './steps.ts'
import { failJob } from './transitions.ts'

export type SweepResult = { requeued: number; lost: number; timedOut: number; rung: number }

/** A lease this long past its end is taken away. */
const GRACE_S = 3
/** A ready step that nobody took for this long is rung for again. */
const READY_LIMIT_S = 30

const SWEEP_LOCK = 0x6672616d // "fram"

/** One round. Null when another process is sweeping. */
export async function sweep(pool: Pool, jobTimeoutS: number): Promise<SweepResult | null> {
  return transaction(pool, async (client) => {
    const { rows } = await client.query<{ locked: boolean }>(
      'select pg_try_advisory_xact_lock($1) as locked',
      [SWEEP_LOCK],
    )
    if (!rows[0]?.locked) return null
    const timedOut = await endOverdueJobs(client, jobTimeoutS)
    const { requeued, lost } = await takeBackExpiredSteps(client)
    await releaseParked(client)
    const rung = await ringAgain(client)
    return { requeued, lost, timedOut, rung }
  })
}

async function endOverdueJobs(client: Queryable, jobTimeoutS: number): Promise<number> {
  const { rows } = await client.query<{ id: string }>(
    `select id from jobs where status = 'processing' and started_at < now() - make_interval(secs => $1)
     order by started_at limit 100`,
    [jobTimeoutS],
  )
  for (const job of rows) {
    await failJob(client, job.id, 'timeout', {
      code: 'timeout',
      message: `the render did not finish within ${jobTimeoutS} seconds`,
    })
  }
  return rows.length
}

/** A lost lease counts as a failure of the step: three, or ten claims of any kind, and the job is given up. */
async function takeBackExpiredSteps(client: Queryable): Promise<{ requeued: number; lost: number }> {
  const { rows } = await client.query<{ id: string; job_id: string; key: string; spent: boolean }>(
    `with expired as (
       select id from job_steps
       where state = 'running' and lease_until < now() - make_interval(secs => $1)
       order by lease_until limit 200 for update skip locked
     )
     update job_steps s set failures = s.failures + 1, state = 'ready', lease_owner = null, lease_until = null,
       ready_at = now()
     from expired where s.id = expired.id
     returning s.id, s.job_id, s.key, (s.failures >= $2 or s.attempt >= $3) as spent`,
    [GRACE_S, MAX_FAILURES, MAX_CLAIMS],
  )
  let lost = 0
  for (const step of rows) {
    if (!step.spent) {
      await client.query('select enqueue_step($1)', [step.id])
      continue
    }
    lost += 1
    await failJob(client, step.job_id, 'system', {
      code: 'worker_lost',
      message: 'the workers that took this render were lost again and again',
      ...(step.key ? { scene_id: step.key } : {}),
    })
  }
  return { requeued: rows.length - lost, lost }
}

/** Steps that wait behind one that is not running any more: their wake-up was skipped because a row was locked. */
async function releaseParked(client: Queryable): Promise<void> {
  const { rows } = await client.query<{ id: string }>(
    `update job_steps set state = 'ready', parked_behind = null, ready_at = now()
     where id in (
       select s.id from job_steps s
       where s.parked_behind is not null and s.state = 'waiting'
         and not exists (select 1 from job_steps h where h.id = s.parked_behind and h.state = 'running')
       limit 200 for update skip locked
     ) returning id`,
  )
  for (const step of rows) await client.query('select enqueue_step($1)', [step.id])
}

async function ringAgain(client: Queryable): Promise<number> {
  const { rows } = await client.query<{ id: string }>(
    `select s.id from job_steps s join jobs j on j.id = s.job_id and j.status in ('queued', 'processing')
     where s.state = 'ready' and s.ready_at < now() - make_interval(secs => $1)
       and not exists (
         select 1 from graphile_worker.jobs q
         where q.key = 'step:' || s.id and q.locked_at is null and q.attempts < q.max_attempts)
     limit 200`,
    [READY_LIMIT_S],
  )
  for (const step of rows) await client.query('select enqueue_step($1)', [step.id])
  return rows.length
}

/**
 * Having steps of a job done again because what they left behind is gone. The only way from `done` back, and only while
 * the job goes on.
 */
import type { Queryable } from '../platform/database.ts'
import { type ClaimedStep, MAX_CLAIMS, MAX_FAILURES } from './steps.ts'
import type { JobError, StepKind } from './types.ts'

/** A step by its name within its job. */
export type StepRef = { kind: StepKind; key: string }

/** `keeping`: scenes that must not be made in this render, only taken. */
export type Remade =
  | { kind: 'waits' }
  | { kind: 'spent' }
  | { kind: 'fenced' }
  | { kind: 'keeping'; scenes: string[] }

/**
 * running -> waiting for the step that misses something, done -> waiting or ready for the steps that made it. It is told
 * as a failure of the step that misses it, so that a store that loses everything does not keep a job at it for ever.
 * Run in a transaction that holds the job's row: ends of steps are counted under that lock.
 */
export async function remakeInputs(
  client: Queryable,
  step: Pick<ClaimedStep, 'id' | 'jobId' | 'attempt'>,
  lost: readonly StepRef[],
  error: JobError,
): Promise<Remade> {
  const { rows: held } = await client.query<{ failures: number; attempt: number }>(
    `update job_steps set failures = failures + 1, error = $3::jsonb
     where id = $1 and attempt = $2 and state = 'running' returning failures, attempt`,
    [step.id, step.attempt, JSON.stringify(error)],
  )
  const own = held[0]
  if (!own) return { kind: 'fenced' }
  if (own.failures >= MAX_FAILURES || own.attempt >= MAX_CLAIMS) return { kind: 'spent' }

  const names = [lost.map(({ kind }) => kind), lost.map(({ key }) => key)]
  const { rows: keeping } = await client.query<{ key: string }>(
    `select s.key from job_steps s join unnest($2::text[], $3::text[]) as l (kind, key) on s.kind = l.kind and s.key = l.key
     where s.job_id = $1 and s.kind = 'scene' and s.state = 'done' and s.input ->> 'cache' = 'only' order by s.key`,
    [step.jobId, ...names],
  )
  if (keeping.length > 0) return { kind: 'keeping', scenes: keeping.map(({ key }) => key) }

  await client.query(
    `update job_steps s set state = 'waiting', waiting_on = 0, result = null, progress = 0, failures = 0, remote_id = null,
       host = null, failed_hosts = '{}', vram_above = null, making = '{}', finished_at = null, ready_at = null,
       input = s.input || '{"again":true}'
     from unnest($2::text[], $3::text[]) as l (kind, key)
     where s.job_id = $1 and s.kind = l.kind and s.key = l.key and s.state = 'done'`,
    [step.jobId, ...names],
  )
  await client.query(
    `update job_steps set state = 'waiting', waiting_on = 0, lease_owner = null, lease_until = null, ready_at = null,
       progress = 0 where id = $1`,
    [step.id],
  )
  // Parked steps wait for another job's, which is not counted.
  await client.query(
    `update job_steps s set waiting_on = n.open from (
       select w.id, count(d.id) filter (where d.state <> 'done') as open from job_steps w
       left join job_step_edges e on e.step_id = w.id left join job_steps d on d.id = e.depends_on
       where w.job_id = $1 and w.state = 'waiting' and w.parked_behind is null group by w.id) n
     where s.id = n.id and s.state = 'waiting'`,
    [step.jobId],
  )
  await client.query(
    `with due as (
       update job_steps set state = 'ready', ready_at = now()
       where job_id = $1 and state = 'waiting' and parked_behind is null and waiting_on = 0 returning id)
     select enqueue_step(id) from due`,
    [step.jobId],
  )
  return { kind: 'waits' }
}

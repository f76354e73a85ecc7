/**
 * Every change of a job's status: one guarded UPDATE each, with all side effects in the caller's transaction.
 * A guard that matches nothing changes nothing and is reported as `false`: somebody else was first.
 *
 * Locks are taken in one order everywhere: the job's row, its project's, its steps', the balance, the usage counters.
 */
import { addStorage } from '../accounts/storage.ts'
import type { Queryable } from '../platform/database.ts'
import { endRendering } from '../projects/transitions.ts'
import { addUsage, giveBack } from './credits.ts'
import { appendEvent } from './events.ts'
import { refund } from './refund.ts'
import type { FailureType, JobError, JobOutput, JobProgress } from './types.ts'

/** queued -> processing: a worker has taken the job up. Also true when the job is processing already. */
export async function startJob(client: Queryable, jobId: string, worker: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `update jobs set status = 'processing', started_at = now(),
       progress = progress || '{"phase":"initializing","percent":0}'::jsonb
     where id = $1 and status = 'queued'`,
    [jobId],
  )
  if (rowCount === 1) {
    await appendEvent(client, jobId, 'started', { worker })
    return true
  }
  const { rows } = await client.query(`select 1 from jobs where id = $1 and status = 'processing'`, [jobId])
  return rows.length === 1
}

/** processing -> completed. Counts the film's bytes and the render. */
export async function completeJob(client: Queryable, jobId: string, output: JobOutput): Promise<boolean> {
  const { rows } = await client.query<{ owner: string; project_id: string | null }>(
    `update jobs set status = 'completed', completed_at = now(), output = $2::jsonb, output_size_bytes = $3,
       progress = (progress - 'current_scene' - 'message' - 'eta_seconds' - 'eta_range')
         || jsonb_build_object('phase', 'finalizing', 'percent', 100,
              'scenes_completed', coalesce(progress -> 'scenes_total', '0'::jsonb))
     where id = $1 and status = 'processing' returning owner, project_id`,
    [jobId, JSON.stringify(output), output.size_bytes],
  )
  const job = rows[0]
  if (!job) return false
  const { owner } = job
  await endRendering(client, job.project_id, 'completed')
  await addStorage(client, owner, output.size_bytes)
  await addUsage(client, owner, { renders: 1, renderSeconds: Math.ceil(output.duration) })
  await appendEvent(client, jobId, 'completed', {
    duration: output.duration,
    resolution: output.resolution,
    size_bytes: output.size_bytes,
  })
  return true
}

type EndedRow = { owner: string; project_id: string | null; credits_charged: number; progress: JobProgress }

/** Ends a job early: status, refund, event, and the end of all its steps with a stop for remote work. */
async function endEarly(
  client: Queryable,
  jobId: string,
  from: readonly string[],
  end: { status: 'failed' | 'canceled'; failureType: FailureType; error: JobError | null },
  eventPayload: (refunded: number) => object,
): Promise<boolean> {
  const { rows } = await client.query<EndedRow>(
    `select owner, project_id, credits_charged, progress from jobs
     where id = $1 and status = any($2) for update`,
    [jobId, from],
  )
  const job = rows[0]
  if (!job) return false
  const refunded = refund(job.credits_charged, end.failureType, job.progress.percent ?? 0)
  await client.query(
    `update jobs set status = $2, completed_at = now(), failure_type = $3, error = $4::jsonb, credits_refunded = $5
     where id = $1`,
    [jobId, end.status, end.failureType, end.error && JSON.stringify(end.error), refunded],
  )
  await endRendering(client, job.project_id, 'draft')
  await endSteps(client, jobId)
  await giveBack(client, { id: jobId, owner: job.owner }, refunded)
  await appendEvent(client, jobId, end.status, eventPayload(refunded))
  return true
}

/** Takes every unfinished step of an ended job out of play. Workers that run one learn it by their next fenced write. */
async function endSteps(client: Queryable, jobId: string): Promise<void> {
  const { rows } = await client.query<{ id: string; engine: string | null; remote_id: string | null }>(
    `update job_steps set state = 'canceled', lease_owner = null, lease_until = null, finished_at = now()
     where job_id = $1 and state in ('waiting', 'ready', 'running')
     returning id, engine, remote_id`,
    [jobId],
  )
  for (const step of rows) {
    if (step.engine && step.remote_id) {
      await client.query('select enqueue_interrupt($1, $2, $3)', [
        step.id,
        `interrupt.${step.engine}`,
        step.remote_id,
      ])
    }
  }
  await client.query(`select pg_notify('job_ended', $1)`, [jobId])
}

/** processing -> failed. */
export async function failJob(
  client: Queryable,
  jobId: string,
  failureType: Exclude<FailureType, 'canceled'>,
  error: JobError,
): Promise<boolean> {
  return endEarly(client, jobId, ['processing'], { status: 'failed', failureType, error }, (refunded) => ({
    failure_type: failureType,
    error,
    credits_refunded: refunded,
  }))
}

/** queued or processing -> canceled. */
export async function cancelJob(client: Queryable, jobId: string, canceledBy: string): Promise<boolean> {
  return endEarly(
    client,
    jobId,
    ['queued', 'processing'],
    { status: 'canceled', failureType: 'canceled', error: null },
    (refunded) => ({ canceled_by: canceledBy, credits_refunded: refunded }),
  )
}

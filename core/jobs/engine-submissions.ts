/**
 * Work handed to engines that give out the ids themselves. A submission is on record before it leaves, so that one whose
 * answer was lost is never sent again blindly; and reports of the engine find the scene they are about.
 */
import type { Queryable } from '../platform/database.ts'

/** Channel on which workers hear of reports; the payload is `<step id>/<attempt>`. */
export const REPORT_CHANNEL = 'engine_report'

export const reportName = (stepId: string, attempt: number): string => `${stepId}/${attempt}`

export type SubmissionKey = { readonly stepId: string; readonly attempt: number }

/** Puts a submission on record, before it leaves. */
export async function recordSubmission(
  db: Queryable,
  { stepId, attempt }: SubmissionKey,
  engine: string,
): Promise<void> {
  await db.query(
    `insert into engine_submissions (step_id, attempt, engine) values ($1, $2, $3)
     on conflict (step_id, attempt) do nothing`,
    [stepId, attempt, engine],
  )
}

/** Keeps the id that the engine has given a submission. */
export async function storeSubmissionId(
  db: Queryable,
  { stepId, attempt }: SubmissionKey,
  remoteId: string,
): Promise<void> {
  await db.query(
    'update engine_submissions set remote_id = $3 where step_id = $1 and attempt = $2 and remote_id is null',
    [stepId, attempt, remoteId],
  )
}

/** The id of a submission, from its answer or from a report; and whether there was a report. */
export async function findSubmission(
  db: Queryable,
  { stepId, attempt }: SubmissionKey,
): Promise<{ remoteId: string | null; isReported: boolean }> {
  const { rows } = await db.query<{ remote_id: string | null; is_reported: boolean }>(
    `select remote_id, reported_at is not null as is_reported from engine_submissions
     where step_id = $1 and attempt = $2`,
    [stepId, attempt],
  )
  return { remoteId: rows[0]?.remote_id ?? null, isReported: rows[0]?.is_reported ?? false }
}

/**
 * Marks a submission whose answer or result was lost. What is sent after it may be charged for twice: so only one of a
 * step may be marked.
 * @returns false when an earlier one of the step is marked already
 */
export async function markDoubtful(db: Queryable, { stepId, attempt }: SubmissionKey): Promise<boolean> {
  const { rowCount } = await db.query(
    `update engine_submissions e set is_doubtful = true where e.step_id = $1 and e.attempt = $2
       and not exists (select 1 from engine_submissions other
                       where other.step_id = $1 and other.attempt <> $2 and other.is_doubtful)`,
    [stepId, attempt],
  )
  return rowCount === 1
}

/** Whether the work of a step may have been charged for twice. */
export async function isDoubtful(db: Queryable, stepId: string): Promise<boolean> {
  const { rows } = await db.query(
    'select 1 from engine_submissions where step_id = $1 and is_doubtful limit 1',
    [stepId],
  )
  return rows.length > 0
}

/** What a report says it is about. */
export type ReportTarget = {
  readonly engine: string
  readonly jobId: string
  /** Id of the scene. */
  readonly scene: string
  readonly attempt: number
}

/**
 * Takes an engine's report on the latest submission of a scene, and wakes whoever works on it. The first report counts;
 * a repeated one, and one about a scene that is over, change nothing.
 * @param remoteId the engine's id of the work; null when the report does not say
 * @returns false when there is no such submission, or a later one
 */
export async function takeReport(
  db: Queryable,
  { engine, jobId, scene, attempt }: ReportTarget,
  remoteId: string | null,
): Promise<boolean> {
  const { rows } = await db.query<{ step_id: string; is_running: boolean; is_reported: boolean }>(
    `select s.id as step_id, s.state = 'running' as is_running, e.reported_at is not null as is_reported
     from job_steps s
     join engine_submissions e on e.step_id = s.id
     where s.job_id = $1 and s.kind = 'scene' and s.key = $2 and e.engine = $3 and e.attempt = $4
       and e.attempt = (select max(latest.attempt) from engine_submissions latest where latest.step_id = s.id)`,
    [jobId, scene, engine, attempt],
  )
  const row = rows[0]
  if (!row) return false
  if (row.is_reported) return true
  await db.query(
    `update engine_submissions e set reported_at = now(), remote_id = coalesce(e.remote_id, $3)
     where e.step_id = $1 and e.attempt = $2 and e.reported_at is null and coalesce(e.remote_id, $3) is not null
       and exists (select 1 from job_steps s where s.id = $1 and s.state in ('ready', 'running'))`,
    [row.step_id, attempt, remoteId],
  )
  if (row.is_running)
    await db.query('select pg_notify($1, $2)', [REPORT_CHANNEL, reportName(row.step_id, attempt)])
  return true
}

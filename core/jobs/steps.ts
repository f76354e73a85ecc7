/**
 * Steps of a job: claiming, keeping, finishing and handing back, all by guarded SQL. The rows are the truth and the
 * queue only a bell. A claim raises `attempt`; every later write names that attempt, so that a worker which lost its
 * step (paused, cut off, superseded) changes nothing any more.
 */
import type { QueryResultRow } from 'pg'
import type { Queryable } from '../platform/database.ts'
import { newId } from '../platform/ids.ts'
import { LEASE_S } from './leases.ts'
import { startJob } from './transitions.ts'
import type { JobError, StepKind } from './types.ts'

/** Counted failures after which a step, and with it its job, has failed. */
export const MAX_FAILURES = 3
/** Claims of any kind after which a job is given up, however its workers were lost. */
export const MAX_CLAIMS = 10

/** A step this process may work on, while its lease lasts. */
export type ClaimedStep = {
  id: string
  jobId: string
  kind: StepKind
  /** Scene id of a scene step, else empty. */
  key: string
  attempt: number
  failures: number
  engine: string | null
  /** Server of the engine on which a scene has its place (core/engines/places.ts). */
  host: string | null
  /** Servers on which earlier attempts failed. */
  failedHosts: readonly string[]
  remoteId: string | null
  contentKey: string | null
  input: Record<string, unknown>
}

type StepRow = QueryResultRow & {
  id: string
  job_id: string
  kind: StepKind
  key: string
  attempt: number
  failures: number
  engine: string | null
  host: string | null
  failed_hosts: string[]
  remote_id: string | null
  content_key: string | null
  input: Record<string, unknown>
  job_status: string
}

/**
 * Claims a ready step of a live job. Null means: nothing to do here, go quietly; a step that would make what another one
 * is making just now waits behind it instead.
 * Run in a transaction: the first claim of a job also moves it to processing.
 * @param host server of the engine on which the step has its place
 */
export async function claimStep(
  client: Queryable,
  stepId: string,
  worker: string,
  host: string | null = null,
): Promise<ClaimedStep | null> {
  const { rows: parking } = await client.query<{ parked: boolean }>('select park_step($1) as parked', [
    stepId,
  ])
  if (parking[0]?.parked) return null
  const { rows } = await client.query<StepRow>(
    `update job_steps s set state = 'running', attempt = s.attempt + 1, lease_owner = $2, host = $4,
       lease_until = now() + make_interval(secs => $3), started_at = coalesce(s.started_at, now())
     from jobs j
     where s.id = $1 and s.state = 'ready' and j.id = s.job_id and j.status in ('queued', 'processing')
     returning s.id, s.job_id, s.kind, s.key, s.attempt, s.failures, s.engine, s.host, s.failed_hosts, s.remote_id,
       s.content_key, s.input, j.status as job_status`,
    [stepId, worker, LEASE_S, host],
  )
  const row = rows[0]
  if (!row) return null
  // Only the first claim of a job has to move it; an end that comes meanwhile takes the claimed step along.
  if (row.job_status === 'queued' && !(await startJob(client, row.job_id, worker))) return null
  return {
    id: row.id,
    jobId: row.job_id,
    kind: row.kind,
    key: row.key,
    attempt: row.attempt,
    failures: row.failures,
    engine: row.engine,
    host: row.host,
    failedHosts: row.failed_hosts,
    remoteId: row.remote_id,
    contentKey: row.content_key,
    input: row.input,
  }
}

/** The condition of every write after a claim: `$1` step, `$2` attempt. */
const FENCE = `id = $1 and attempt = $2 and state = 'running'`

/** Stores the id of the remote work before it is submitted. False: the step is no longer ours. */
export async function storeRemoteId(db: Queryable, step: ClaimedStep, remoteId: string): Promise<boolean> {
  const { rowCount } = await db.query(`update job_steps set remote_id = $3 where ${FENCE}`, [
    step.id,
    step.attempt,
    remoteId,
  ])
  return rowCount === 1
}

/**
 * Says that a step is about to store an object that jobs may share: from here on eviction leaves it alone. False: the step
 * is no longer ours.
 */
export async function announceObject(
  client: Queryable,
  step: ClaimedStep,
  objectKey: string,
): Promise<boolean> {
  await client.query(LOCK_OBJECT, [objectKey])
  const { rowCount } = await client.query(
    `update job_steps set making = array_append(making, $3) where ${FENCE} and not $3 = any(making)`,
    [step.id, step.attempt, objectKey],
  )
  if (rowCount === 1) return true
  const { rows } = await client.query(`select 1 from job_steps where ${FENCE}`, [step.id, step.attempt])
  return rows.length === 1
}

/** Held by whoever is about to store or to remove an object (`$1`), to the end of the transaction. */
export const LOCK_OBJECT = `select pg_advisory_xact_lock(hashtextextended('object:' || $1, 0))`

/**
 * running -> done, and every dependant that has nothing left to wait for is made ready and rung for.
 * @param previewKey the last picture of the step's work, if there is one
 */
export async function finishStep(
  client: Queryable,
  step: ClaimedStep,
  result: object,
  previewKey: string | null = null,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update job_steps set state = 'done', result = $3::jsonb, progress = 1, error = null,
       lease_owner = null, lease_until = null, finished_at = now(), preview_key = coalesce($4, preview_key),
       preview_at = case when $4::text is null then preview_at else now() end
     where ${FENCE} and exists (select 1 from jobs j where j.id = job_steps.job_id and j.status = 'processing')`,
    [step.id, step.attempt, JSON.stringify(result), previewKey],
  )
  if (rowCount !== 1) return false
  const { rows } = await client.query<{ id: string; waiting_on: number }>(
    `update job_steps s set waiting_on = s.waiting_on - 1,
       state = case when s.waiting_on = 1 then 'ready' else s.state end,
       ready_at = case when s.waiting_on = 1 then now() else s.ready_at end
     from job_step_edges e
     where e.depends_on = $1 and s.id = e.step_id and s.state = 'waiting'
     returning s.id, s.waiting_on`,
    [step.id],
  )
  for (const dependant of rows) {
    if (dependant.waiting_on === 0) await client.query('select enqueue_step($1)', [dependant.id])
  }
  return true
}

export type Retry = {
  /** Seconds before the next attempt. */
  delayS: number
  /** Whether this failure counts towards the three; an engine that is away does not. */
  counted: boolean
  /** Whether the remote work is worthless, so that the next attempt submits anew. */
  forgetRemoteId: boolean
}

/**
 * running -> ready after a failure that may pass. When three were counted, or ten claims of any kind were used up, it
 * changes nothing and says `spent`; the caller then fails the job.
 */
export async function retryStep(
  client: Queryable,
  step: ClaimedStep,
  error: JobError,
  how: Retry,
): Promise<'retried' | 'spent' | 'lost'> {
  const { rows } = await client.query<{ failures: number; attempt: number }>(
    `update job_steps set failures = failures + $4, error = $3::jsonb where ${FENCE} returning failures, attempt`,
    [step.id, step.attempt, JSON.stringify(error), how.counted ? 1 : 0],
  )
  const row = rows[0]
  if (!row) return 'lost'
  if (row.failures >= MAX_FAILURES || row.attempt >= MAX_CLAIMS) return 'spent'
  await backToReady(client, step.id, how.delayS, how.forgetRemoteId)
  return 'retried'
}

/** running -> ready without counting a failure: the worker is going away in good order. */
export async function handBackStep(client: Queryable, step: ClaimedStep): Promise<boolean> {
  const { rows } = await client.query(`select 1 from job_steps where ${FENCE} for update`, [
    step.id,
    step.attempt,
  ])
  if (rows.length === 0) return false
  await backToReady(client, step.id, 0, false)
  return true
}

async function backToReady(
  client: Queryable,
  stepId: string,
  delayS: number,
  forgetRemoteId: boolean,
): Promise<void> {
  await client.query(
    `update job_steps set state = 'ready', lease_owner = null, lease_until = null,
       ready_at = now() + make_interval(secs => $2), remote_id = case when $3 then null else remote_id end,
       host = case when $3 then null else host end, progress = 0
     where id = $1`,
    [stepId, delayS, forgetRemoteId],
  )
  await client.query('select enqueue_step($1, make_interval(secs => $2))', [stepId, delayS])
}

export type NewStep = {
  kind: StepKind
  key: string
  /** Queue task that does it, e.g. `scene.preview`. */
  task: string
  engine?: string
  contentKey?: string
  input?: object
  /** A step that is known already: done from the start. */
  result?: object
  /** Picture of it, when there is one already. */
  previewKey?: string
  /** Names (`stepName`) of the steps of the same call that have to be done before it. */
  after?: readonly string[]
}

/** Name of a step within its job, for `after`. */
export const stepName = ({ kind, key }: Pick<NewStep, 'kind' | 'key'>): string => `${kind}/${key}`

/**
 * Inserts steps and what each of them waits for; `last` waits for all others. Steps with nothing open to wait for are
 * made ready and rung for.
 */
export async function insertSteps(
  client: Queryable,
  jobId: string,
  steps: readonly NewStep[],
  last: NewStep,
): Promise<void> {
  const ids = new Map(steps.map((step) => [stepName(step), newId()]))
  const done = new Set(steps.filter((step) => step.result).map(stepName))
  const edges: { step_id: string; depends_on: string }[] = []
  const toRow = (step: NewStep, id: string, after: readonly string[]) => {
    for (const name of after) {
      const dependsOn = ids.get(name)
      if (!dependsOn) throw new Error(`step ${stepName(step)} waits for ${name}, which is not there`)
      edges.push({ step_id: id, depends_on: dependsOn })
    }
    const open = step.result ? 0 : after.filter((name) => !done.has(name)).length
    return {
      id,
      kind: step.kind,
      key: step.key,
      task: step.task,
      state: step.result ? 'done' : open > 0 ? 'waiting' : 'ready',
      waiting_on: open,
      engine: step.engine ?? null,
      content_key: step.contentKey ?? null,
      input: step.input ?? {},
      result: step.result ?? null,
      preview_key: step.previewKey ?? null,
    }
  }
  const rows = [
    ...steps.map((step) => toRow(step, ids.get(stepName(step))!, step.after ?? [])),
    toRow(last, newId(), [...ids.keys()]),
  ]
  await client.query(
    `insert into job_steps (id, job_id, kind, key, task, state, waiting_on, engine, content_key, input, result, preview_key, preview_at, progress, ready_at, finished_at)
     select s.id, $1, s.kind, s.key, s.task, s.state, s.waiting_on, s.engine, s.content_key, s.input, s.result,
       s.preview_key, case when s.preview_key is not null then now() end,
       case when s.state = 'done' then 1 else 0 end,
       case when s.state = 'ready' then now() end, case when s.state = 'done' then now() end
     from jsonb_to_recordset($2::jsonb) as s (id uuid, kind text, key text, task text, state text, waiting_on int,
       engine text, content_key text, input jsonb, result jsonb, preview_key text)`,
    [jobId, JSON.stringify(rows)],
  )
  await client.query(
    `insert into job_step_edges (step_id, depends_on)
     select e.step_id, e.depends_on from jsonb_to_recordset($1::jsonb) as e (step_id uuid, depends_on uuid)`,
    [JSON.stringify(edges)],
  )
  for (const row of rows) if (row.state === 'ready') await client.query('select enqueue_step($1)', [row.id])
}

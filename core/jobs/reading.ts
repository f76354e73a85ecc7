/**
 * Jobs as callers read them, in plain SQL. These are the statements that a server runs most often: each is prepared once
 * a connection and makes one round trip (`queryAs`), and its rows need no entity that could be changed and written back.
 */
import type { Pool } from 'pg'
import type { Reach } from '../access/reach.ts'
import type { Queryable } from '../platform/database.ts'
import { cutSqlPage, type Page, type PageKey, pageSql, type SqlSort } from '../platform/page.ts'
import { queryAs, type Statement } from '../platform/reach.ts'
import type { Job } from './entities.ts'
import type { FailureType, JobError, JobOutput, JobProgress, JobStatus } from './types.ts'

export type JobFilter = {
  status?: JobStatus
  owner?: string
  projectId?: string
  createdAfter?: Date
  createdBefore?: Date
}

export type JobPage = { jobs: Job[]; next: PageKey | null }

type JobRow = {
  id: string
  owner: string
  triggered_by: string
  project_id: string | null
  status: JobStatus
  spec_snapshot: Record<string, unknown>
  options: Record<string, unknown>
  engine: string
  progress: JobProgress
  progress_event_at: string | null
  output: JobOutput | null
  output_size_bytes: string | null
  error: JobError | null
  credits_charged: number
  failure_type: FailureType | null
  credits_refunded: number
  idempotency_key: string | null
  spec_revision: number | null
  started_at: string | null
  completed_at: string | null
  last_event_sequence: string
  created_at: string
  updated_at: string
}

const COLUMNS = `id, owner, triggered_by, project_id, status, spec_snapshot, options, engine, progress, progress_event_at,
  output, output_size_bytes, error, credits_charged, failure_type, credits_refunded, idempotency_key, spec_revision,
  started_at, completed_at, last_event_sequence, created_at, updated_at`

const NEWEST_FIRST: SqlSort = {
  direction: 'desc',
  columns: [
    ['created_at', 'timestamptz'],
    ['id', 'uuid'],
  ],
}

const timeOf = (text: string | null): Date | null => (text === null ? null : new Date(text))

const jobOf = (row: JobRow): Job => ({
  id: row.id,
  owner: row.owner,
  triggeredBy: row.triggered_by,
  projectId: row.project_id,
  status: row.status,
  specSnapshot: row.spec_snapshot,
  options: row.options,
  engine: row.engine,
  progress: row.progress,
  progressEventAt: timeOf(row.progress_event_at),
  output: row.output,
  outputSizeBytes: row.output_size_bytes === null ? null : Number(row.output_size_bytes),
  error: row.error,
  creditsCharged: row.credits_charged,
  failureType: row.failure_type,
  creditsRefunded: row.credits_refunded,
  idempotencyKey: row.idempotency_key,
  specRevision: row.spec_revision,
  startedAt: timeOf(row.started_at),
  completedAt: timeOf(row.completed_at),
  lastEventSequence: Number(row.last_event_sequence),
  createdAt: new Date(row.created_at),
  updatedAt: new Date(row.updated_at),
})

/**
 * One job; null when there is none, and when it is out of reach.
 * @param owners whose jobs it may be one of; null where the reach names the job itself, or is the server's own
 */
export async function readJob(
  pool: Pool,
  reach: Reach,
  id: string,
  owners: readonly string[] | null,
): Promise<Job | null> {
  const { rows } = await queryAs<JobRow>(
    pool,
    reach,
    owners
      ? {
          name: 'job-of-owners',
          text: `select ${COLUMNS} from jobs where id = $1 and owner = any($2)`,
          values: [id, owners],
        }
      : { name: 'job', text: `select ${COLUMNS} from jobs where id = $1`, values: [id] },
  )
  return rows[0] ? jobOf(rows[0]) : null
}

/** A job as it is within a transaction, before anybody else has seen it. */
export async function readJobWithin(client: Queryable, id: string): Promise<Job | null> {
  const { rows } = await client.query<JobRow>(`select ${COLUMNS} from jobs where id = $1`, [id])
  return rows[0] ? jobOf(rows[0]) : null
}

/** The job that a person made under an idempotency key; null when there is none. */
export async function readKeyedJob(
  pool: Pool,
  reach: Reach,
  triggeredBy: string,
  idempotencyKey: string,
): Promise<Job | null> {
  const { rows } = await queryAs<JobRow>(pool, reach, {
    name: 'job-by-idempotency-key',
    text: `select ${COLUMNS} from jobs where triggered_by = $1 and idempotency_key = $2`,
    values: [triggeredBy, idempotencyKey],
  })
  return rows[0] ? jobOf(rows[0]) : null
}

/**
 * The statement of a page: what each owner's index gives first, and of that the first. So it takes as long for somebody
 * in many teams, and in a table of a million jobs.
 */
export function jobsStatement(owners: readonly string[], filter: JobFilter, page: Page): Statement {
  const values: unknown[] = [owners]
  const conditions: string[] = []
  const where = (condition: string, value: unknown): void => {
    if (value !== undefined) conditions.push(`${condition} $${values.push(value)}`)
  }
  where('status =', filter.status)
  where('project_id =', filter.projectId)
  where('created_at >', filter.createdAfter)
  where('created_at <', filter.createdBefore)
  const paged = pageSql(NEWEST_FIRST, page, values)
  const [limit, offset] = [paged.values.length - 1, paged.values.length]
  const text = `select found.*, ${paged.key} from unnest($1::text[]) as reach (urn) cross join lateral (
      select ${COLUMNS} from jobs where ${['owner = reach.urn', ...conditions, paged.after].join(' and ')}
      order by created_at desc, id desc limit $${limit}::bigint + $${offset}::bigint
    ) found ${paged.rest}`
  // One text for each combination of conditions, and a name for each text: at most 63 letters.
  const name = ['jobs', ...Object.keys(filter).sort(), ...(page.after ? ['next'] : [])].join(' ')
  return { name, text, values: paged.values }
}

/** A page of the jobs of `owners`, newest first. */
export async function readJobs(
  pool: Pool,
  reach: Reach,
  owners: readonly string[],
  filter: JobFilter,
  page: Page,
): Promise<JobPage> {
  const { rows } = await queryAs<JobRow & { page_key: PageKey }>(
    pool,
    reach,
    jobsStatement(owners, filter, page),
  )
  const { rows: found, next } = cutSqlPage(rows, page)
  return { jobs: found.map(jobOf), next }
}

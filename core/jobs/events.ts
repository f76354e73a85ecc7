/** Job events: the numbered record of a job, written in the transaction that changes it. */
import type { QueryResultRow } from 'pg'
import type { Queryable } from '../platform/database.ts'
import { toIso } from '../platform/database.ts'
import { newId } from '../platform/ids.ts'
import type { TellingJob } from '../webhooks/body.ts'
import { enqueueDeliveries } from '../webhooks/enqueue.ts'
import { webhookEventOf } from '../webhooks/events.ts'
import type { JobEvent, JobEventType } from './types.ts'

/** What a delivery to a webhook tells of a job. */
const TOLD = [
  ...['id', 'owner', 'project_id', 'triggered_by', 'status', 'progress', 'output', 'error', 'failure_type'],
  ...['credits_charged', 'credits_refunded', 'created_at', 'started_at', 'completed_at'],
]
const TOLD_OBJECT = `jsonb_build_object(${TOLD.map((column) => `'${column}', counter.${column}`).join(', ')})`

type Appended = { sequence: string; created_at: Date; job: TellingJob | null }

/**
 * Appends an event, and the deliveries to webhooks that it causes. The sequence comes from the job's own counter under
 * its row lock, so it has no gaps; the insert's trigger tells listeners when the transaction commits.
 * @returns the event's sequence, from 1
 */
export async function appendEvent(
  client: Queryable,
  jobId: string,
  eventType: JobEventType,
  payload: object,
): Promise<number> {
  const { rows } = await client.query<Appended>(
    `with counter as (
       update jobs set last_event_sequence = last_event_sequence + 1 where id = $1
       returning last_event_sequence, ${TOLD.join(', ')}
     ), event as (
       insert into job_events (id, job_id, sequence, event_type, payload)
       select $2, $1, last_event_sequence, $3, $4::jsonb from counter
       returning sequence, created_at
     )
     select event.sequence, event.created_at,
       case when $5 and counter.owner not like 'framecast:user:%' then ${TOLD_OBJECT} end as job
     from event, counter`,
    [jobId, newId(), eventType, JSON.stringify(payload), webhookEventOf(eventType) !== null],
  )
  const row = rows[0]
  if (!row) throw new Error(`no job ${jobId} to write an event for`)
  if (row.job) await enqueueDeliveries(client, row.job, eventType, row.created_at, { ...payload })
  return Number(row.sequence)
}

type EventRow = QueryResultRow &
  Omit<JobEvent, 'sequence' | 'position'> & { sequence: string; position: string }

const present = (row: EventRow): JobEvent => ({
  id: row.id,
  job_id: row.job_id,
  sequence: Number(row.sequence),
  position: Number(row.position),
  event_type: row.event_type,
  payload: row.payload,
  created_at: toIso(row.created_at) as string,
})

const COLUMNS = 'id, job_id, sequence, position, event_type, payload, created_at'

/** Events of one job after `sequence`, in order, at most `limit`. */
export async function eventsAfter(
  db: Queryable,
  jobId: string,
  sequence: number,
  limit: number,
): Promise<JobEvent[]> {
  const { rows } = await db.query<EventRow>(
    `select ${COLUMNS} from job_events where job_id = $1 and sequence > $2 order by sequence limit $3`,
    [jobId, sequence, limit],
  )
  return rows.map(present)
}

/** Counter of a job's events and the first sequence still stored (null when none is); null for no such job. */
export async function eventBounds(
  db: Queryable,
  jobId: string,
): Promise<{ last: number; firstStored: number | null } | null> {
  const { rows } = await db.query<{ last: string; first: string | null }>(
    `select last_event_sequence as last, (select min(sequence) from job_events where job_id = $1) as first
     from jobs where id = $1`,
    [jobId],
  )
  const row = rows[0]
  return row ? { last: Number(row.last), firstStored: row.first === null ? null : Number(row.first) } : null
}

/** An event with what says who may follow it. */
export type OwnedEvent = JobEvent & { owner: string; projectId: string | null }

/**
 * The position up to which every event is there that will ever be: transactions take positions before they commit, so
 * beyond it an event may still come in between. Read up to it by a later statement.
 */
export async function eventHorizon(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ horizon: string }>('select event_horizon() as horizon')
  return Number(rows[0]?.horizon ?? 0)
}

/** Events of all jobs after one position, up to and with another, in order, at most `limit`. */
export async function eventsBetween(
  db: Queryable,
  after: number,
  until: number,
  limit: number,
): Promise<OwnedEvent[]> {
  const { rows } = await db.query<EventRow & { owner: string; project_id: string | null }>(
    `select e.id, e.job_id, e.sequence, e.position, e.event_type, e.payload, e.created_at, j.owner, j.project_id
     from job_events e join jobs j on j.id = e.job_id
     where e.position > $1 and e.position <= $2 order by e.position limit $3`,
    [after, until, limit],
  )
  return rows.map((row) => ({ ...present(row), owner: row.owner, projectId: row.project_id }))
}

/** Whose jobs: those of a project, or those of some owners. */
export type EventFilter = { projectId: string } | { owners: readonly string[] }

const filterSql = (filter: EventFilter): [condition: string, value: unknown] =>
  'projectId' in filter ? ['j.project_id = $1', filter.projectId] : ['j.owner = any($1)', filter.owners]

/** The same of some jobs only. */
export async function filteredEventsBetween(
  db: Queryable,
  filter: EventFilter,
  after: number,
  until: number,
  limit: number,
): Promise<JobEvent[]> {
  const [condition, value] = filterSql(filter)
  const { rows } = await db.query<EventRow>(
    `select e.id, e.job_id, e.sequence, e.position, e.event_type, e.payload, e.created_at
     from jobs j join job_events e on e.job_id = j.id
     where ${condition} and e.position > $2 and e.position <= $3 order by e.position limit $4`,
    [value, after, until, limit],
  )
  return rows.map(present)
}

/** Whether what lies between two positions can still be told whole, in at most `limit` events. */
export async function isReplayable(
  db: Queryable,
  filter: EventFilter,
  after: number,
  until: number,
  limit: number,
): Promise<boolean> {
  const [condition, value] = filterSql(filter)
  const { rows } = await db.query<{ fits: boolean }>(
    `select (select position from event_expiry) <= $2 and (
       select count(*) from (
         select 1 from jobs j join job_events e on e.job_id = j.id
         where ${condition} and e.position > $2 and e.position <= $3 limit $4 + 1) as found
     ) <= $4 as fits`,
    [value, after, until, limit],
  )
  return rows[0]?.fits ?? false
}

const KEPT_DAYS = 7

/** Deletes events older than 7 days, the oldest first and at most `limit` at once; returns how many went. */
export async function expireEvents(db: Queryable, limit: number): Promise<number> {
  const { rows } = await db.query<{ gone: number }>(
    `with gone as (
       delete from job_events where id in (
         select id from job_events where created_at < now() - make_interval(days => $1) order by created_at limit $2)
       returning position
     ), noted as (
       update event_expiry set position = greatest(position, (select max(position) from gone))
       where exists (select 1 from gone)
     )
     select count(*)::int as gone from gone`,
    [KEPT_DAYS, limit],
  )
  return rows[0]?.gone ?? 0
}

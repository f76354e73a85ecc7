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

/** Deletes events older than 7 days, at most `limit` at once; returns how many went. */
export async function expireEvents(db: Queryable, limit = 5_000): Promise<number> {
  const { rowCount } = await db.query(
    `delete from job_events where id in (
       select id from job_events where created_at < now() - interval '7 days' limit $1)`,
    [limit],
  )
  return rowCount ?? 0
}

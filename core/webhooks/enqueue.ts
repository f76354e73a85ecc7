/** Deliveries for what happened to a job, made in the job's own transaction. */
import { parseOwner } from '../access/owner.ts'
import { teamOf } from '../access/reach.ts'
import type { JobEventType } from '../jobs/types.ts'
import { type Queryable, toIso } from '../platform/database.ts'
import { newId } from '../platform/ids.ts'
import { jobEventBody, type TellingJob } from './body.ts'
import { webhookEventOf } from './events.ts'

/** Webhooks a team may have; the database holds the same limit. */
export const MAX_WEBHOOKS = 20

/**
 * A row and a queue entry for each active webhook of the job's team that asks for this event: one statement, however
 * many there are. Personal jobs have no team and cost nothing.
 * @param job the row as the event leaves it
 */
export async function enqueueDeliveries(
  client: Queryable,
  job: TellingJob,
  type: JobEventType,
  happenedAt: string | Date,
  payload: Record<string, unknown>,
): Promise<void> {
  const event = webhookEventOf(type)
  const owner = parseOwner(job.owner)
  const teamId = owner && teamOf(owner)
  if (!event || !teamId) return
  const timestamp = toIso(happenedAt) as string
  await client.query(
    `with hooks as (
       select id, row_number() over () as place from webhooks
       where team_id = $1 and is_active and $2::text::webhook_event_type = any(events)
     ), made as (
       insert into webhook_deliveries (id, webhook_id, job_id, event_type, payload)
       select fresh.id, hooks.id, $3, $2, $4::jsonb || jsonb_build_object('delivery_id', fresh.id)
       from hooks join unnest($5::uuid[]) with ordinality as fresh (id, place) using (place)
       returning id
     )
     select enqueue_delivery(id) from made`,
    [
      teamId,
      event,
      job.id,
      JSON.stringify(jobEventBody(event, timestamp, job, payload)),
      Array.from({ length: MAX_WEBHOOKS }, () => newId()),
    ],
  )
}

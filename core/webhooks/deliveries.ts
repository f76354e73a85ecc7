/**
 * Deliveries as rows: taken up, settled, taken back from senders that were lost. Every write is guarded, so of two
 * senders that hold the same delivery one counts.
 */
import type { Pool } from 'pg'
import type { JobOutput } from '../jobs/types.ts'
import { type Queryable, transaction } from '../platform/database.ts'
import type { EventBody } from './body.ts'
import { type DELIVERY_EVENTS, TEST_EVENT } from './events.ts'
import type { Verdict } from './verdict.ts'

/** Attempts at one webhook at the same time: an endpoint that is slow keeps no more senders than this. */
const PER_WEBHOOK = 2
/** An attempt takes 5 s at most; one that is not settled after this was lost with its sender. */
const ATTEMPT_LIMIT_S = 20
/** A delivery that is due, with nobody at work on it, is rung for again after this. */
const UNHEARD_AFTER_S = 30
const KEPT_DAYS = 30
const SWEEP_BATCH = 200
const EXPIRE_BATCH = 5_000

export type ClaimedDelivery = {
  id: string
  /** Fence: the end of this attempt, as the database wrote it. */
  attempt_until: string
  /** When it was taken up, in Unix seconds of the database: the one clock that everybody goes by. */
  claimed_at_s: number
  attempts: number
  max_attempts: number
  event_type: (typeof DELIVERY_EVENTS)[number]
  payload: EventBody
  webhook_id: string
  url: string
  /** Sealed. */
  secret: string
  is_active: boolean
  /** Of the job, for a completed one that is still there. */
  output: Pick<JobOutput, 'video_key' | 'thumbnail_key'> | null
}

/** What went out in an attempt. */
export type Sent = {
  body: EventBody
  /** Null when nothing was sent. */
  headers: Readonly<Record<string, string>> | null
  /** From the request to its answer, or to giving up. */
  tookMs: number | null
}

/** What may be attempted now. */
const DUE = `(status = 'pending' or (status = 'retrying' and next_retry_at <= now()))`

/**
 * Takes a delivery up, if it is due and its webhook has room. One that finds no room waits without a bell: whichever
 * attempt ends next at this webhook rings for it.
 */
export function claimDelivery(pool: Pool, id: string): Promise<ClaimedDelivery | null> {
  return transaction(pool, async (client) => {
    // One claim at a time for each webhook, so that counting holds. Nothing else waits for this lock.
    const { rowCount } = await client.query(
      `select 1 from webhooks where id = (select webhook_id from webhook_deliveries where id = $1 and ${DUE})
       for no key update`,
      [id],
    )
    return rowCount === 1 ? claim(client, id, PER_WEBHOOK) : null
  })
}

/** Makes a delivery that somebody waits for, and takes it up at once, however busy its webhook is. */
export function claimTestDelivery(
  pool: Pool,
  id: string,
  webhookId: string,
  body: EventBody,
): Promise<ClaimedDelivery | null> {
  return transaction(pool, async (client) => {
    await client.query(
      `insert into webhook_deliveries (id, webhook_id, event_type, payload, max_attempts)
       values ($1, $2, $3, $4::jsonb, 1)`,
      [id, webhookId, TEST_EVENT, JSON.stringify(body)],
    )
    return claim(client, id, Number.MAX_SAFE_INTEGER)
  })
}

async function claim(client: Queryable, id: string, limit: number): Promise<ClaimedDelivery | null> {
  const { rows } = await client.query<ClaimedDelivery>(
    `update webhook_deliveries d
     set status = 'attempting', attempts = d.attempts + 1, next_retry_at = null,
       attempt_until = now() + make_interval(secs => $2)
     from webhooks w
     where d.id = $1 and w.id = d.webhook_id and ${DUE} and d.attempts < d.max_attempts
       and (select count(*) from webhook_deliveries o where o.webhook_id = d.webhook_id and o.status = 'attempting') < $3
     returning d.id, d.attempt_until::text, extract(epoch from now())::float as claimed_at_s, d.attempts, d.max_attempts, d.event_type, d.payload,
       w.id as webhook_id, w.url, w.secret, w.is_active,
       (select j.output from jobs j where j.id = d.job_id and d.event_type = 'job.completed') as output`,
    [id, ATTEMPT_LIMIT_S, limit],
  )
  return rows[0] ?? null
}

/**
 * Writes how an attempt ended, wakes the next one where there is one, and rings for a delivery that waits for room.
 * @param sent what was sent
 * @returns false when the attempt was no longer ours: somebody took the delivery back
 */
export async function settleDelivery(
  pool: Pool,
  claimed: Pick<ClaimedDelivery, 'id' | 'attempt_until' | 'webhook_id'>,
  verdict: Verdict,
  sent: Sent,
): Promise<boolean> {
  return transaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `with settled as (
         update webhook_deliveries
         set status = $3, response_status = $4, response_body = $5, payload = $7::jsonb, attempt_until = null,
           request_headers = $8::jsonb, response_ms = $9,
           next_retry_at = now() + make_interval(secs => $6::int),
           delivered_at = case when $3 = 'delivered' then now() end
         where id = $1 and status = 'attempting' and attempt_until = $2::timestamptz
         returning id, webhook_id, status, next_retry_at
       ), triggered as (
         update webhooks set last_triggered_at = now() from settled
         where webhooks.id = settled.webhook_id and settled.status = 'delivered'
       )
       select case when status = 'retrying' then enqueue_delivery(id, next_retry_at) end from settled`,
      [
        claimed.id,
        claimed.attempt_until,
        verdict.status,
        verdict.responseStatus,
        verdict.responseBody,
        verdict.retryAfterS,
        JSON.stringify(sent.body),
        sent.headers && JSON.stringify(sent.headers),
        sent.tookMs,
      ],
    )
    if (rowCount === 1) await ringForNext(client, claimed.webhook_id)
    return rowCount === 1
  })
}

/** Rings for as many due deliveries of a webhook, oldest first, as there is room for. */
async function ringForNext(client: Queryable, webhookId: string): Promise<void> {
  await client.query(
    `select enqueue_delivery(id) from (
       select id from webhook_deliveries where webhook_id = $1 and ${DUE} and status in ('pending', 'retrying')
       order by created_at, id
       limit greatest(0, $2 - (select count(*) from webhook_deliveries where webhook_id = $1 and status = 'attempting'))
     ) as next`,
    [webhookId, PER_WEBHOOK],
  )
}

export type SweptDeliveries = { takenBack: number; rungFor: number }

/**
 * Takes deliveries back from senders that were lost, at once to be tried again with the same id, and rings for those
 * that are due and forgotten. Any process may run it, also several at the same time.
 */
export async function sweepDeliveries(pool: Pool): Promise<SweptDeliveries> {
  return transaction(pool, async (client) => {
    const { rows } = await client.query<{ webhook_id: string }>(
      `with lost as (
         select id from webhook_deliveries where status = 'attempting' and attempt_until < now()
         order by attempt_until limit ${SWEEP_BATCH} for update skip locked
       ), taken as (
         update webhook_deliveries d
         set status = case when d.attempts < d.max_attempts then 'retrying' else 'failed' end,
           next_retry_at = case when d.attempts < d.max_attempts then now() end,
           attempt_until = null, response_status = null, response_ms = null, response_body = 'the sender was lost'
         from lost where d.id = lost.id
         returning d.id, d.webhook_id, d.status
       )
       select webhook_id, case when status = 'retrying' then enqueue_delivery(id) end from taken`,
    )
    for (const webhookId of new Set(rows.map((row) => row.webhook_id))) await ringForNext(client, webhookId)
    const { rowCount } = await client.query(
      `select enqueue_delivery(id) from webhook_deliveries d
       where status in ('pending', 'retrying')
         and coalesce(next_retry_at, created_at) < now() - make_interval(secs => $1)
         and not exists (
           select 1 from webhook_deliveries o where o.webhook_id = d.webhook_id and o.status = 'attempting')
         and not exists (
           select 1 from graphile_worker.jobs q
           where q.key = 'delivery:' || d.id and q.locked_at is null and q.attempts < q.max_attempts)
       order by created_at limit ${SWEEP_BATCH}`,
      [UNHEARD_AFTER_S],
    )
    return { takenBack: rows.length, rungFor: rowCount ?? 0 }
  })
}

/** Deletes deliveries older than 30 days; returns how many went. */
export async function expireDeliveries(db: Queryable): Promise<number> {
  for (let gone = 0; ; ) {
    const { rowCount } = await db.query(
      `delete from webhook_deliveries where id in (
         select id from webhook_deliveries where created_at < now() - make_interval(days => $1)
         order by created_at limit $2)`,
      [KEPT_DAYS, EXPIRE_BATCH],
    )
    gone += rowCount ?? 0
    if ((rowCount ?? 0) < EXPIRE_BATCH) return gone
  }
}

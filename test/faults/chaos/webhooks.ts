/** R5: every event that a webhook asked for went out at least once, under one id, signed, and dated by the right clock. */
import { createHmac } from 'node:crypto'
import { WEBHOOK_EVENTS } from './customers.ts'
import type { Installation } from './installation.ts'
import type { Facts, JobRow, Violation } from './promises.ts'

/** Receivers drop what is older. */
const TOLERANCE_S = 300

export async function brokenDeliveries(
  { pool, receiver }: Pick<Installation, 'pool' | 'receiver'>,
  { customer, startedAt }: Pick<Facts, 'customer' | 'startedAt'>,
  jobs: readonly JobRow[],
): Promise<Violation[]> {
  const violations: Violation[] = []
  const bad = (what: string): void => void violations.push({ promise: 'R5', what })
  const { rows: deliveries } = await pool.query(
    `select id, job_id, event_type, status from webhook_deliveries where webhook_id = $1`,
    [customer.webhookId],
  )
  const { rows: happened } = await pool.query(
    `select job_id, 'job.' || event_type as event from job_events
     where job_id = any($1) and 'job.' || event_type = any($2)`,
    [jobs.filter(({ owner }) => owner === customer.owners.team).map(({ id }) => id), WEBHOOK_EVENTS],
  )
  for (const { job_id, event } of happened) {
    const mine = deliveries.filter((row) => row.job_id === job_id && row.event_type === event)
    if (mine.length !== 1) bad(`${mine.length} deliveries of ${event} of ${job_id}`)
  }
  if (deliveries.length !== happened.length)
    bad(`${deliveries.length} deliveries of ${happened.length} events`)

  const received = receiver.received.filter(({ path }) => path === customer.webhookPath)
  for (const { id, status, event_type } of deliveries) {
    if (status !== 'delivered') bad(`delivery ${id} of ${event_type} is ${status}`)
    if (!received.some(({ headers }) => headers['x-webhook-delivery-id'] === id))
      bad(`delivery ${id} never came`)
  }
  for (const { headers, bytes } of received) {
    const id = headers['x-webhook-delivery-id']
    const stamp = headers['x-webhook-timestamp'] ?? ''
    if (!deliveries.some((row) => row.id === id)) bad(`${id} came and is no delivery`)
    const mac = createHmac('sha256', customer.secret).update(`${stamp}.`).update(bytes).digest('hex')
    if (headers['x-webhook-signature'] !== `sha256=${mac}`) bad(`the signature of ${id} is wrong`)
    const isDated =
      Number(stamp) > startedAt / 1_000 - TOLERANCE_S && Number(stamp) < Date.now() / 1_000 + TOLERANCE_S
    if (!isDated) bad(`delivery ${id} is dated ${stamp}, which no receiver takes`)
  }
  return violations
}

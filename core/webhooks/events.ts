/** What webhooks may ask for, and which events of a job those are. Pure. */
import type { JobEventType } from '../jobs/types.ts'

export const WEBHOOK_EVENTS = [
  'job.queued',
  'job.started',
  'job.progress',
  'job.completed',
  'job.failed',
  'job.canceled',
] as const
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number]

/** Sent by the test operation alone. */
export const TEST_EVENT = 'webhook.test'
export const DELIVERY_EVENTS = [...WEBHOOK_EVENTS, TEST_EVENT] as const

export const DELIVERY_STATUSES = ['pending', 'attempting', 'retrying', 'delivered', 'failed'] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

/** The webhook event of a job's event; null for those that are not sent. */
export function webhookEventOf(type: JobEventType): WebhookEvent | null {
  const name = `job.${type}`
  return (WEBHOOK_EVENTS as readonly string[]).includes(name) ? (name as WebhookEvent) : null
}

/** The body of a delivery: what each event tells. Pure. */
import type { JobError, JobOutput, JobProgress } from '../jobs/types.ts'
import { toIso } from '../platform/database.ts'
import { TEST_EVENT, type WebhookEvent } from './events.ts'

/** A job's row, as far as bodies show it; times as the database writes them. */
export type TellingJob = {
  id: string
  owner: string
  project_id: string | null
  triggered_by: string
  status: string
  progress: JobProgress
  output: JobOutput | null
  error: JobError | null
  failure_type: string | null
  credits_charged: number
  credits_refunded: number
  created_at: string
  started_at: string | null
  completed_at: string | null
}

/** Everything but `delivery_id`, which each delivery adds. */
export type EventBody = {
  event: string
  timestamp: string
  delivery_id?: string
  job?: Record<string, unknown>
  webhook?: { id: string; team_id: string }
}

const orNull = <T>(value: T | undefined): T | null => value ?? null

const progressOf = (progress: JobProgress, ...keys: (keyof JobProgress)[]): Record<string, unknown> =>
  Object.fromEntries(keys.map((key) => [key, orNull(progress[key])]))

const beginning = (job: TellingJob) => ({
  id: job.id,
  owner: job.owner,
  project_id: job.project_id,
  triggered_by: job.triggered_by,
  status: job.status,
  created_at: toIso(job.created_at),
})

/** `job` of the body. Links to the film hold for an hour: they are put in at each attempt. */
const TOLD: Readonly<Record<WebhookEvent, (job: TellingJob, payload: Record<string, unknown>) => object>> = {
  'job.queued': beginning,
  'job.started': beginning,
  'job.progress': (job) => ({
    id: job.id,
    status: job.status,
    progress: progressOf(
      job.progress,
      'phase',
      'percent',
      'scenes_total',
      'scenes_completed',
      'current_scene',
    ),
  }),
  'job.completed': (job) => ({
    id: job.id,
    owner: job.owner,
    project_id: job.project_id,
    status: job.status,
    output: {
      video_url: null,
      thumbnail_url: null,
      duration: orNull(job.output?.duration),
      resolution: orNull(job.output?.resolution),
      size_bytes: orNull(job.output?.size_bytes),
    },
    credits_charged: job.credits_charged,
    started_at: toIso(job.started_at),
    completed_at: toIso(job.completed_at),
  }),
  'job.failed': (job) => ({
    id: job.id,
    status: job.status,
    failure_type: job.failure_type,
    error: job.error,
    progress: progressOf(job.progress, 'phase', 'percent', 'scenes_completed'),
    credits_charged: job.credits_charged,
    credits_refunded: job.credits_refunded,
    completed_at: toIso(job.completed_at),
  }),
  'job.canceled': (job, payload) => ({
    id: job.id,
    status: job.status,
    canceled_by: orNull(payload.canceled_by),
    progress: progressOf(job.progress, 'percent'),
    credits_charged: job.credits_charged,
    credits_refunded: job.credits_refunded,
    completed_at: toIso(job.completed_at),
  }),
}

/** The body of a job's event. */
export function jobEventBody(
  event: WebhookEvent,
  timestamp: string,
  job: TellingJob,
  payload: Record<string, unknown>,
): EventBody {
  return { event, timestamp, job: TOLD[event](job, payload) as Record<string, unknown> }
}

/** The body that a test sends. */
export const testBody = (
  timestamp: string,
  deliveryId: string,
  webhook: { id: string; team_id: string },
): EventBody => ({ event: TEST_EVENT, timestamp, delivery_id: deliveryId, webhook })

/** Order of keys at every level of a body, since the database keeps none. */
const ORDER = [
  ...['event', 'timestamp', 'delivery_id', 'job', 'webhook', 'id', 'team_id', 'owner', 'project_id'],
  ...['triggered_by', 'status', 'failure_type', 'canceled_by', 'error', 'code', 'message', 'scene_id'],
  ...['progress', 'phase', 'percent', 'scenes_total', 'scenes_completed', 'current_scene', 'output'],
  ...['video_url', 'thumbnail_url', 'duration', 'resolution', 'size_bytes', 'credits_charged'],
  ...['credits_refunded', 'created_at', 'started_at', 'completed_at'],
]
const place = (key: string): number => ORDER.indexOf(key) + 1 || ORDER.length + 1

/** The same body with its keys in the documented order. */
export function inOrder<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).sort(([a], [b]) => place(a) - place(b))
  return Object.fromEntries(entries.map(([key, inner]) => [key, inOrder(inner)])) as T
}

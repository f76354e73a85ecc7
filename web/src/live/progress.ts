/**
 * A render as this tab knows it: what was read of it, with the events since. Everything moves forward only, and what of two
 * reports counts is told by their numbers, so that events may repeat and come in any order. Pure.
 */
import type { Job, JobEvent } from '../../../schemas/types.ts'

type Progress = Job['progress']
type Status = Job['status']

/** What events say that is not in the job. */
type Heard = {
  /** Number of the progress report whose words stand. */
  progressAt: number
  /** Scenes whose clip was there already. */
  reused: readonly string[]
  canceledBy?: string
}

type Previews = NonNullable<Progress['previews']>

export type LiveJob = Job & {
  heard?: Heard
  /** Pictures of the renders before, newest last, until this one has its own. */
  before?: Previews
}

const STATUS_RANK: Readonly<Record<Status, number>> = {
  queued: 0,
  processing: 1,
  completed: 2,
  failed: 2,
  canceled: 2,
}

const PHASES: readonly NonNullable<Progress['phase']>[] = [
  'queued',
  'initializing',
  'generating',
  'stitching',
  'finalizing',
]

const NOTHING_HEARD: Heard = { progressAt: 0, reused: [] }

export const isOver = (job: Pick<Job, 'status'>): boolean => STATUS_RANK[job.status] === 2

const later = (a: Status, b: Status): Status => (STATUS_RANK[b] > STATUS_RANK[a] ? b : a)

const most = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.max(a, b)

/** Of two pictures of a scene the newer one; of one picture the newer link, when `renew`. */
function newestPreviews(a: Previews, b: Previews, renew: boolean): Previews {
  const found = new Map(a.map((preview) => [preview.scene_id, preview]))
  for (const preview of b) {
    const known = found.get(preview.scene_id)
    if (
      !known ||
      preview.generated_at > known.generated_at ||
      (renew && preview.generated_at === known.generated_at)
    )
      found.set(preview.scene_id, preview)
  }
  return [...found.values()].sort((x, y) => (x.scene_id < y.scene_id ? -1 : 1))
}

/**
 * Two reports as one: numbers never fall.
 * @param words whose words (scene begun last, message, time left) stand
 * @param renew whether `b` has newer links than `a`
 */
function together(a: Progress, b: Progress, words: Progress, renew: boolean): Progress {
  const scenes: Record<string, number> = { ...a.scenes }
  for (const [id, share] of Object.entries(b.scenes ?? {})) scenes[id] = Math.max(scenes[id] ?? 0, share)
  const phase = PHASES[Math.max(...[a, b].map((one) => (one.phase ? PHASES.indexOf(one.phase) : -1)))]
  const numbers = {
    percent: most(a.percent, b.percent),
    scenes_total: most(a.scenes_total, b.scenes_total),
    scenes_completed: most(a.scenes_completed, b.scenes_completed),
    scenes_reused: most(a.scenes_reused, b.scenes_reused),
    phase,
    current_scene: words.current_scene,
    message: words.message,
    eta_seconds: words.eta_seconds,
    eta_range: words.eta_range,
  }
  return {
    ...(Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined)) as Progress),
    scenes,
    previews: newestPreviews(a.previews ?? [], b.previews ?? [], renew),
  }
}

/** What was known with what was read now; an answer that was on its way while events came takes nothing back. */
export function withRead(known: LiveJob | undefined, read: LiveJob): LiveJob {
  if (!known) return read
  const isNewer =
    STATUS_RANK[read.status] >= STATUS_RANK[known.status] &&
    (read.progress.percent ?? 0) >= (known.progress.percent ?? 0)
  return {
    ...(STATUS_RANK[read.status] >= STATUS_RANK[known.status] ? read : known),
    progress: together(known.progress, read.progress, isNewer ? read.progress : known.progress, true),
    ...(known.heard && !('heard' in read) ? { heard: known.heard } : {}),
  }
}

export type HeardEvent = Pick<JobEvent, 'sequence'> & {
  event_type: string
  payload: Readonly<Record<string, unknown>>
}

/** The job with an event taken in. Kinds of events that are not known change nothing. */
export function withEvent(job: LiveJob, { sequence, event_type: type, payload }: HeardEvent): LiveJob {
  const heard = job.heard ?? NOTHING_HEARD
  const status = (next: Status): LiveJob => ({ ...job, heard, status: later(job.status, next) })
  switch (type) {
    case 'started':
      return status('processing')
    case 'progress': {
      const report = payload as Progress
      const isLast = sequence > heard.progressAt
      return {
        ...status('processing'),
        progress: together(job.progress, report, isLast && !isOver(job) ? report : job.progress, false),
        heard: isLast ? { ...heard, progressAt: sequence } : heard,
      }
    }
    case 'scene_complete': {
      const {
        scene_id: id,
        reused,
        previews,
        scenes_completed,
        scenes_total,
      } = payload as {
        scene_id: string
        reused?: boolean
        previews?: Previews
        scenes_completed: number
        scenes_total: number
      }
      const said = { previews: previews ?? [], scenes_completed, scenes_total, scenes: { [id]: 1 } }
      return {
        ...status('processing'),
        progress: together(job.progress, said, job.progress, false),
        heard: reused === true ? { ...heard, reused: [...new Set([...heard.reused, id])].sort() } : heard,
      }
    }
    case 'completed':
      return {
        ...status('completed'),
        progress: together(job.progress, { phase: 'finalizing', percent: 100 }, {}, false),
      }
    case 'failed': {
      const { error, failure_type, credits_refunded } = payload as Pick<
        Job,
        'error' | 'failure_type' | 'credits_refunded'
      >
      return { ...status('failed'), error, failure_type, credits_refunded, progress: ended(job.progress) }
    }
    case 'canceled': {
      const { canceled_by, credits_refunded } = payload as { canceled_by: string; credits_refunded: number }
      return {
        ...status('canceled'),
        failure_type: 'canceled',
        credits_refunded,
        heard: { ...heard, canceledBy: canceled_by },
        progress: ended(job.progress),
      }
    }
    default:
      return job
  }
}

/** Nothing is expected any more. */
const ended = (progress: Progress): Progress => together(progress, {}, {}, false)

/** How far a scene is, 0 to 1. */
export const shareOf = (job: Pick<Job, 'progress'>, sceneId: string): number =>
  job.progress.scenes?.[sceneId] ?? 0

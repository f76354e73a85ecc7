/**
 * The hub: hears of events from Postgres and lets any number of viewers follow jobs. It holds nothing that is not in
 * the table; another server, or this one after a restart, shows the same events.
 */
import { eventBounds, eventsAfter } from '../../core/jobs/events.ts'
import { presentPayload } from '../../core/jobs/present.ts'
import { EVENTS_CHANNEL } from '../../core/jobs/types.ts'
import type { Queryable } from '../../core/platform/database.ts'
import type { Logger } from '../../core/platform/log.ts'
import type { MediaLinks } from '../../core/platform/media-links.ts'
import { type FeedEvent, JobFeed, toFeedEvent } from './feed.ts'
import { listen } from './notices.ts'

export type HubOptions = {
  /** For queries. */
  pool: Queryable
  /** For the LISTEN connection. */
  databaseUrl: string
  media: MediaLinks
  log: Logger
  pollMs: number
}

/** One viewer's hold on a job. */
export type JobWatch = {
  /** The job's event counter at the time of opening. */
  readonly last: number
  /** First sequence that is still stored; null when none is. */
  readonly firstStored: number | null
  /** Every event after `after`, in order, without gaps: stored ones first, then live, until the signal aborts. */
  events(after: number, signal: AbortSignal): AsyncGenerator<readonly FeedEvent[]>
  close(): void
}

export type Hub = {
  /** Begins to follow a job; null when there is no such job. Who may see it is for the caller to check first. */
  watch(jobId: string): Promise<JobWatch | null>
  /** Jobs that somebody looks at, and whether notices come in. */
  readonly state: { jobs: number; listening: boolean }
  close(): Promise<void>
}

/** True when a replay after `after` would miss events that are no longer stored. */
export const isExpired = (watch: Pick<JobWatch, 'last' | 'firstStored'>, after: number): boolean =>
  watch.last > after && (watch.firstStored === null || watch.firstStored > after + 1)

export function createHub({ pool, databaseUrl, media, log, pollMs }: HubOptions): Hub {
  const feeds = new Map<string, JobFeed>()

  function open(jobId: string): JobFeed {
    let feed = feeds.get(jobId)
    if (!feed) {
      feed = new JobFeed({
        async read(sequence, limit) {
          const events = await eventsAfter(pool, jobId, sequence, limit)
          return Promise.all(
            events.map(async (event) => toFeedEvent(event, await presentPayload(event, media))),
          )
        },
        onFailure: (error) => log.warn({ err: error, job_id: jobId }, 'events cannot be read right now'),
      })
      feeds.set(jobId, feed)
    }
    feed.readers += 1
    return feed
  }

  function leave(jobId: string, feed: JobFeed): void {
    feed.readers -= 1
    if (feed.readers === 0 && feeds.get(jobId) === feed) feeds.delete(jobId)
  }

  /** Asks the jobs' own counters: whatever was notified to nobody shows up here. */
  async function poll(): Promise<void> {
    const ids = [...feeds.keys()]
    if (ids.length === 0) return
    const { rows } = await pool.query<{ id: string; last: string }>(
      'select id, last_event_sequence as last from jobs where id = any($1::uuid[])',
      [ids],
    )
    const last = new Map(rows.map((row) => [row.id, Number(row.last)]))
    for (const id of ids) {
      const counter = last.get(id)
      if (counter !== undefined) feeds.get(id)?.announce(counter)
      else feeds.get(id)?.end()
    }
  }
  let polling = false
  const pollOnce = (): void => {
    if (polling) return
    polling = true
    poll()
      .catch((error) => log.warn({ err: error }, 'events cannot be polled right now'))
      .finally(() => {
        polling = false
      })
  }
  const timer = setInterval(pollOnce, pollMs)

  const notices = listen({
    url: databaseUrl,
    channel: EVENTS_CHANNEL,
    log,
    onConnected: pollOnce,
    onNotice(payload) {
      const [jobId = '', sequence] = payload.split(':')
      feeds.get(jobId)?.announce(Number(sequence))
    },
  })

  return {
    async watch(jobId) {
      // Open before asking: an event between the question and its answer must not fall between the two.
      const feed = open(jobId)
      try {
        const bounds = await eventBounds(pool, jobId)
        if (!bounds) {
          leave(jobId, feed)
          return null
        }
        feed.begin(bounds.last)
        let closed = false
        return {
          ...bounds,
          events: (after, signal) => feed.events(after, signal),
          close() {
            if (!closed) leave(jobId, feed)
            closed = true
          },
        }
      } catch (error) {
        leave(jobId, feed)
        throw error
      }
    },
    get state() {
      return { jobs: feeds.size, listening: notices.connected }
    },
    async close() {
      clearInterval(timer)
      for (const feed of feeds.values()) feed.end()
      await notices.close()
    },
  }
}

/**
 * The hub: hears of events from Postgres and lets any number of viewers follow jobs, projects and teams. It holds nothing
 * that is not in the table; another server, or this one after a restart, shows the same events.
 */
import {
  type EventFilter,
  eventBounds,
  eventsAfter,
  filteredEventsBetween,
  isReplayable,
  type OwnedEvent,
} from '../../core/jobs/events.ts'
import { presentPayload } from '../../core/jobs/present.ts'
import { EVENTS_CHANNEL, type JobEvent } from '../../core/jobs/types.ts'
import type { Queryable } from '../../core/platform/database.ts'
import type { Logger } from '../../core/platform/log.ts'
import type { MediaLinks } from '../../core/platform/media-links.ts'
import { Feed, type FeedEvent, JobFeed, toFeedEvent } from './feed.ts'
import { Tail } from './tail.ts'

export type HubOptions = {
  /** For queries. */
  pool: Queryable
  media: MediaLinks
  log: Logger
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

/** One viewer's hold on the jobs of a project or of some owners. */
export type JobsWatch = {
  /** The position up to which everything had been handed on at the time of opening. */
  readonly last: number
  /** Whether what came after `after` can still be told whole, in at most `limit` events. */
  canReplay(after: number, limit: number): Promise<boolean>
  /** As those of a job, by position. */
  events(after: number, signal: AbortSignal): AsyncGenerator<readonly FeedEvent[]>
  close(): void
}

export type Hub = {
  /** Begins to follow a job; null when there is no such job. Who may see it is for the caller to check first. */
  watch(jobId: string): Promise<JobWatch | null>
  /** Begins to follow many jobs at once. Who may see them is for the caller to check first. */
  watchMany(filter: EventFilter): Promise<JobsWatch>
  /** Takes in the payload of a notice about an event. */
  notice(payload: string): void
  /** Looks for what was notified to nobody. */
  poll(): Promise<void>
  close(): void
}

/** Channel of the notices that a hub takes in. */
export const HUB_CHANNEL = EVENTS_CHANNEL

/** True when a replay after `after` would miss events that are no longer stored. */
export const isExpired = (watch: Pick<JobWatch, 'last' | 'firstStored'>, after: number): boolean =>
  watch.last > after && (watch.firstStored === null || watch.firstStored > after + 1)

const fits = (filter: EventFilter, event: OwnedEvent): boolean =>
  'projectId' in filter ? event.projectId === filter.projectId : filter.owners.includes(event.owner)

type SetFeed = { filter: EventFilter; feed: Feed }

export function createHub({ pool, media, log }: HubOptions): Hub {
  const feeds = new Map<string, JobFeed>()
  const sets = new Map<string, SetFeed>()
  let tail: Tail<(OwnedEvent & { ready: FeedEvent })[]> | null = null

  const toReady = async (event: JobEvent): Promise<FeedEvent> =>
    toFeedEvent(event, await presentPayload(event, media))
  const onFailure = (error: unknown): void => log.warn({ err: error }, 'events cannot be read right now')

  function open(jobId: string): JobFeed {
    let feed = feeds.get(jobId)
    if (!feed) {
      feed = new JobFeed({
        read: async (sequence, limit) =>
          Promise.all((await eventsAfter(pool, jobId, sequence, limit)).map(toReady)),
        onFailure,
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

  const openTail = () =>
    new Tail<(OwnedEvent & { ready: FeedEvent })[]>({
      pool,
      async prepare(events) {
        const followed = events.filter((event) =>
          [...sets.values()].some(({ filter }) => fits(filter, event)),
        )
        return Promise.all(followed.map(async (event) => ({ ...event, ready: await toReady(event) })))
      },
      deliver(events, head) {
        for (const { filter, feed } of sets.values()) {
          const own = events.filter((event) => fits(filter, event)).map(({ ready }) => ready)
          if (own.length > 0) feed.push(own, head)
        }
      },
      onFailure,
    })

  function openSet(key: string, filter: EventFilter): SetFeed {
    let set = sets.get(key)
    if (!set) {
      const feed = new Feed(
        {
          read: async (after, limit) => {
            const until = tail?.head ?? after
            return Promise.all((await filteredEventsBetween(pool, filter, after, until, limit)).map(toReady))
          },
          onFailure,
        },
        'position',
      )
      set = { filter, feed }
      sets.set(key, set)
    }
    set.feed.readers += 1
    return set
  }

  function leaveSet(key: string, set: SetFeed): void {
    set.feed.readers -= 1
    if (set.feed.readers === 0 && sets.get(key) === set) sets.delete(key)
    if (sets.size > 0) return
    tail?.close()
    tail = null
  }

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

    async watchMany(filter) {
      const key = JSON.stringify(filter)
      const set = openSet(key, filter)
      tail ??= openTail()
      const own = tail
      let closed = false
      const close = (): void => {
        if (!closed) leaveSet(key, set)
        closed = true
      }
      try {
        // Among the followers before asking, for the same reason.
        const last = await own.settled()
        set.feed.begin(last)
        return {
          last,
          canReplay: (after, limit) =>
            after >= last ? Promise.resolve(true) : isReplayable(pool, filter, after, last, limit),
          events: (after, signal) => set.feed.events(after, signal),
          close,
        }
      } catch (error) {
        close()
        if (tail === own) {
          own.close()
          tail = null
        }
        throw error
      }
    },

    notice(payload) {
      const [jobId = '', sequence, position] = payload.split(':')
      feeds.get(jobId)?.announce(Number(sequence))
      tail?.announce(Number(position))
    },

    async poll() {
      tail?.look()
      const ids = [...feeds.keys()]
      if (ids.length === 0) return
      // The jobs' own counters: whatever was notified to nobody shows up here.
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
    },

    close() {
      tail?.close()
      for (const feed of feeds.values()) feed.end()
      for (const { feed } of sets.values()) feed.end()
    },
  }
}

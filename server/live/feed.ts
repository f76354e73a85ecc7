/**
 * The events of one job, for everybody who looks on. The newest are kept in a ring, read once and serialised once;
 * each reader has its own place and takes what comes after it: from the ring while it reaches that far back, else
 * from the table. Replay, live events, lost notices and gaps are thus one and the same walk.
 */
import type { JobEvent, JobEventType } from '../../core/jobs/types.ts'

/** An event ready for the wire. */
export type FeedEvent = {
  readonly jobId: string
  readonly sequence: number
  readonly position: number
  readonly eventType: JobEventType
  /** JSON on one line, links included. */
  readonly payload: string
  readonly createdAt: string
}

export type FeedSource = {
  /** Events of the job after `sequence`, in order, at most `limit`. */
  read(sequence: number, limit: number): Promise<FeedEvent[]>
  onFailure(error: unknown): void
}

const RING = 64
const PAGE = 200
const RETRY_MS = 1_000

export class JobFeed {
  /** Consecutive sequences that end with `#head`. */
  #ring: FeedEvent[] = []
  /** Highest sequence read; null until somebody has said where the job is. */
  #head: number | null = null
  /** Highest sequence known to exist. */
  #wanted = 0
  #reading = false
  #ended = false
  #wakers = new Set<() => void>()
  readonly #source: FeedSource
  readers = 0

  constructor(source: FeedSource) {
    this.#source = source
  }

  /** Where the job is now: what comes after is read and kept. */
  begin(last: number): void {
    this.#head ??= last
    this.announce(last)
  }

  /** An event of this sequence exists. */
  announce(sequence: number): void {
    if (sequence > this.#wanted) this.#wanted = sequence
    if (this.#head !== null && this.#wanted > this.#head && !this.#reading) void this.#catchUp()
  }

  /** The job is gone: readers come to their end. */
  end(): void {
    this.#ended = true
    this.#wake()
  }

  async #catchUp(): Promise<void> {
    this.#reading = true
    try {
      while (this.#head !== null && this.#wanted > this.#head && !this.#ended) {
        const events = await this.#source.read(this.#head, PAGE)
        if (events.length === 0) {
          // Expired or deleted in the meantime: there is nothing to show up to there.
          this.#head = this.#wanted
          this.#ring = []
        } else {
          if (events[0]!.sequence !== this.#head + 1) this.#ring = []
          this.#ring = [...this.#ring, ...events].slice(-RING)
          this.#head = events.at(-1)!.sequence
          this.#wanted = Math.max(this.#wanted, this.#head)
        }
        this.#wake()
      }
    } catch (error) {
      // The poll comes by again; readers notice nothing but the delay.
      this.#source.onFailure(error)
    } finally {
      this.#reading = false
    }
  }

  #wake(): void {
    const wakers = [...this.#wakers]
    this.#wakers.clear()
    for (const wake of wakers) wake()
  }

  #changed(signal: AbortSignal, limitMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#wakers.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = limitMs === undefined ? undefined : setTimeout(done, limitMs)
      this.#wakers.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  /** From the ring: events after `cursor`; null when the ring does not reach that far back. */
  #fromRing(cursor: number): FeedEvent[] | null {
    const first = this.#ring[0]
    if (!first || first.sequence > cursor + 1) return null
    return this.#ring.slice(cursor + 1 - first.sequence)
  }

  /** Every event after `cursor`, in order and without a gap, as batches, until the signal aborts or the job is gone. */
  async *events(cursor: number, signal: AbortSignal): AsyncGenerator<readonly FeedEvent[]> {
    let at = cursor
    while (!signal.aborted && !this.#ended) {
      if (this.#head === null || this.#head <= at) {
        await this.#changed(signal)
        continue
      }
      let batch = this.#fromRing(at)
      if (batch === null) {
        try {
          batch = await this.#source.read(at, PAGE)
        } catch (error) {
          this.#source.onFailure(error)
          await this.#changed(signal, RETRY_MS)
          continue
        }
      }
      if (batch.length === 0) {
        at = this.#head
        continue
      }
      yield batch
      at = batch.at(-1)!.sequence
    }
  }
}

/** What a stored event is on the wire, with its payload made ready. */
export const toFeedEvent = (event: JobEvent, payload: object): FeedEvent => ({
  jobId: event.job_id,
  sequence: event.sequence,
  position: event.position,
  eventType: event.event_type,
  payload: JSON.stringify(payload),
  createdAt: event.created_at,
})

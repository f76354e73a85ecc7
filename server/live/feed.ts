/**
 * Events for everybody who looks on. The newest are kept in a ring, read once and serialised once; each reader has its own
 * place and takes what comes after it: from the ring while it reaches that far back, else from the table. Replay, live
 * events, lost notices and gaps are thus one and the same walk. The events of one job are counted by sequence, those of
 * many by position.
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

/** What a reader's place is counted in. */
export type Cursor = 'sequence' | 'position'

export type FeedSource = {
  /** Events after a place, in order, at most `limit`. */
  read(after: number, limit: number): Promise<FeedEvent[]>
  onFailure(error: unknown): void
}

const RING = 64
const PAGE = 200
const RETRY_MS = 1_000

export class Feed {
  /** Every stored event after `#since`, as far as it has been read. */
  #ring: FeedEvent[] = []
  #since = 0
  #head: number | null = null
  #ended = false
  #wakers = new Set<() => void>()
  readonly #source: FeedSource
  readonly #cursor: Cursor
  readers = 0

  constructor(source: FeedSource, cursor: Cursor) {
    this.#source = source
    this.#cursor = cursor
  }

  /** Up to where events were read and handed to readers; null before anybody has said where to begin. */
  get head(): number | null {
    return this.#head
  }

  get isEnded(): boolean {
    return this.#ended
  }

  /** What comes after `head` will be handed in; only the first call counts. */
  begin(head: number): void {
    if (this.#head !== null) return
    this.#head = head
    this.#since = head
  }

  /** Takes in events that follow the head without a gap, and the new head. Before the beginning there is none. */
  push(events: readonly FeedEvent[], head: number): void {
    if (this.#head === null) return
    this.#ring.push(...events)
    const dropped = this.#ring.splice(0, this.#ring.length - RING).at(-1)
    if (dropped) this.#since = dropped[this.#cursor]
    this.#head = head
    this.#wake()
  }

  /** There is nothing more to come: readers come to their end. */
  end(): void {
    this.#ended = true
    this.#wake()
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

  /** Every event after `cursor`, in order and without a gap, as batches, until the signal aborts or the feed ends. */
  async *events(cursor: number, signal: AbortSignal): AsyncGenerator<readonly FeedEvent[]> {
    let at = cursor
    while (!signal.aborted && !this.#ended) {
      if (this.#head === null || this.#head <= at) {
        await this.#changed(signal)
        continue
      }
      const isInRing = at >= this.#since
      // What is read from the table reaches at least as far as this, whatever is handed in meanwhile.
      const covered = isInRing ? this.#head : this.#since
      let batch: FeedEvent[]
      if (isInRing) batch = this.#ring.filter((event) => event[this.#cursor] > at)
      else {
        try {
          batch = await this.#source.read(at, PAGE)
        } catch (error) {
          this.#source.onFailure(error)
          await this.#changed(signal, RETRY_MS)
          continue
        }
      }
      if (batch.length === 0) {
        at = covered
        continue
      }
      yield batch
      at = batch.at(-1)![this.#cursor]
    }
  }
}

/** The events of one job. Notices and polls say how far it has come; what is new is read here. */
export class JobFeed extends Feed {
  /** Highest sequence known to exist. */
  #wanted = 0
  #reading = false
  readonly #source: FeedSource

  constructor(source: FeedSource) {
    super(source, 'sequence')
    this.#source = source
  }

  /** Where the job is now: what comes after is read and kept. */
  override begin(last: number): void {
    super.begin(last)
    this.announce(last)
  }

  /** An event of this sequence exists. */
  announce(sequence: number): void {
    if (sequence > this.#wanted) this.#wanted = sequence
    if (this.head !== null && this.#wanted > this.head && !this.#reading) void this.#catchUp()
  }

  async #catchUp(): Promise<void> {
    this.#reading = true
    try {
      while (this.head !== null && this.#wanted > this.head && !this.isEnded) {
        const wanted = this.#wanted
        const events = await this.#source.read(this.head, PAGE)
        // None: expired or deleted in the meantime, so there is nothing to show up to there.
        const head = events.at(-1)?.sequence ?? wanted
        this.#wanted = Math.max(this.#wanted, head)
        this.push(events, head)
      }
    } catch (error) {
      // The poll comes by again; readers notice nothing but the delay.
      this.#source.onFailure(error)
    } finally {
      this.#reading = false
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

/**
 * The newest events of all jobs, by position: read once for everybody, and only up to where no event can come in between
 * any more. One life: from the first follower of a project or a team to the last.
 */
import { eventHorizon, eventsBetween, type OwnedEvent } from '../../core/jobs/events.ts'
import type { Queryable } from '../../core/platform/database.ts'

export type TailOptions<Ready> = {
  pool: Queryable
  /** Makes events ready to be handed on. */
  prepare(events: readonly OwnedEvent[]): Promise<Ready>
  /** Hands on what comes after the head of the call before, up to and with `head`. */
  deliver(ready: Ready, head: number): void
  onFailure(error: unknown): void
}

const PAGE = 500
/** A writer that is about to commit holds the horizon back: looked at again after this, then less and less often. */
const FIRST_RETRY_MS = 20
const MAX_RETRY_MS = 1_000

export class Tail<Ready> {
  #head: number | null = null
  #wanted = 0
  #closed = false
  #reading: Promise<void> | null = null
  #retryMs = FIRST_RETRY_MS
  #timer: NodeJS.Timeout | undefined
  readonly #begun: Promise<void>
  readonly #options: TailOptions<Ready>

  constructor(options: TailOptions<Ready>) {
    this.#options = options
    this.#begun = eventHorizon(options.pool).then((horizon) => {
      this.#head = horizon
    })
    this.#begun.catch(() => {})
  }

  /** Up to where events were handed on; null before the first look. */
  get head(): number | null {
    return this.#head
  }

  /**
   * The head at a moment when no events are under way: whoever was there before the call is handed everything after it.
   * Rejects when there was no telling where to begin; such a tail is of no use.
   */
  async settled(): Promise<number> {
    await this.#begun
    while (this.#reading) await this.#reading
    return this.#head!
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  /** An event of this position was announced. */
  announce(position: number): void {
    this.#wanted = Math.max(this.#wanted, position)
    if (this.#head !== null && position > this.#head) this.look()
  }

  /** Looks for what there is. */
  look(): void {
    if (this.#head === null || this.#reading || this.#closed) return
    clearTimeout(this.#timer)
    this.#reading = this.#read(this.#head)
      .catch((error) => this.#options.onFailure(error))
      .finally(() => {
        this.#reading = null
      })
  }

  async #read(from: number): Promise<void> {
    const { pool, prepare, deliver } = this.#options
    for (let at = from; ; ) {
      const wanted = this.#wanted
      const horizon = await eventHorizon(pool)
      const events = horizon > at ? await eventsBetween(pool, at, horizon, PAGE) : []
      const isFull = events.length === PAGE
      const head = isFull ? events.at(-1)!.position : Math.max(at, horizon)
      const ready = await prepare(events)
      if (this.#closed) return
      this.#head = head
      deliver(ready, head)
      if (head > at) this.#retryMs = FIRST_RETRY_MS
      at = head
      if (isFull || this.#wanted > Math.max(wanted, head)) continue
      // Announced and not there: its own transaction is through, one that took a lower position is not.
      if (this.#wanted > head) {
        this.#timer = setTimeout(() => this.look(), this.#retryMs)
        this.#retryMs = Math.min(MAX_RETRY_MS, this.#retryMs * 2)
      }
      return
    }
  }
}

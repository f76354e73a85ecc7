import type { HistoryEntry, QueueItem } from './types.ts'

/** Entries kept, as a real server keeps them; the oldest fall out. */
const HISTORY_LIMIT = 10_000
/** More waiting prompts than this are refused: the queue lives in memory. */
export const QUEUE_LIMIT = 1_000

/**
 * The queue and history of one engine, in memory only. One prompt runs at a time; lower numbers run first, equal ones in
 * order of arrival. "Left running" and "entered history" are one step, so a prompt is never in between.
 */
export class PromptQueue {
  #waiting: { item: QueueItem; arrival: number }[] = []
  #running: QueueItem | null = null
  #history = new Map<string, HistoryEntry>()
  #arrivals = 0
  readonly #changed: () => void

  /** @param changed called whenever the number of prompts or the running one changes */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Running and waiting prompts together. */
  get remaining(): number {
    return this.#waiting.length + (this.#running ? 1 : 0)
  }
  get running(): QueueItem | null {
    return this.#running
  }
  /** In the order in which they will run. */
  get waiting(): QueueItem[] {
    return this.#waiting.map(({ item }) => item)
  }

  add(item: QueueItem): void {
    this.#waiting.push({ item, arrival: this.#arrivals })
    this.#arrivals += 1
    this.#waiting.sort((a, b) => a.item[0] - b.item[0] || a.arrival - b.arrival)
    this.#changed()
  }

  /** Takes the next prompt as the running one; null when one runs already or none waits. */
  take(): QueueItem | null {
    if (this.#running || this.#waiting.length === 0) return null
    this.#running = this.#waiting.shift()!.item
    this.#changed()
    return this.#running
  }

  finish(entry: HistoryEntry): void {
    const id = entry.prompt[1]
    this.#running = null
    // A repeated id moves to the end, with the later result.
    this.#history.delete(id)
    this.#history.set(id, entry)
    if (this.#history.size > HISTORY_LIMIT) this.#history.delete(this.#history.keys().next().value!)
    this.#changed()
  }

  /** @returns whether one was waiting under this id; only one is removed, as the real server does. */
  remove(id: string): boolean {
    const at = this.#waiting.findIndex(({ item }) => item[1] === id)
    if (at < 0) return false
    this.#waiting.splice(at, 1)
    this.#changed()
    return true
  }

  clear(): void {
    this.#waiting = []
    this.#changed()
  }

  entry(id: string): HistoryEntry | undefined {
    return this.#history.get(id)
  }
  /** Oldest first. */
  get entries(): HistoryEntry[] {
    return [...this.#history.values()]
  }
  forget(ids: readonly string[] | 'all'): void {
    if (ids === 'all') this.#history.clear()
    else for (const id of ids) this.#history.delete(id)
  }
}

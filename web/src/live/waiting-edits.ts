/** How many edits the server does not have yet, for the strip that says what became of them. */

const watchers = new Set<() => void>()
let waiting = 0

export const waitingEdits = {
  /** @param count 0 when all are saved */
  set(count: number): void {
    if (count === waiting) return
    waiting = count
    for (const watcher of watchers) watcher()
  },
  get: (): number => waiting,
  subscribe(watcher: () => void): () => void {
    watchers.add(watcher)
    return () => watchers.delete(watcher)
  },
}

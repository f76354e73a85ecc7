/** Wakes whoever waits for an engine's report. A lost notice costs one interval of asking. */

export class ReportBell {
  readonly #waiting = new Map<string, Set<() => void>>()

  ring(name: string): void {
    for (const wake of this.#waiting.get(name) ?? []) wake()
  }

  /** Resolves with the next report of this name, or when the signal aborts. */
  heard(name: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting = this.#waiting.get(name) ?? new Set()
    this.#waiting.set(name, waiting)
    waiting.add(resolve)
    const wake = (): void => resolve()
    signal.addEventListener('abort', wake, { once: true })
    return promise.finally(() => {
      signal.removeEventListener('abort', wake)
      waiting.delete(resolve)
      if (waiting.size === 0) this.#waiting.delete(name)
    })
  }
}

/**
 * Counts authenticated requests by owner, and writes them every few seconds in one statement instead of one a request. A
 * process that is killed loses the seconds since its last write.
 */

import type { Queryable } from '../core/platform/database.ts'
import type { Logger } from '../core/platform/log.ts'
import { addApiCalls } from '../core/usage/api-calls.ts'

/** While the database is away, counts of so many owners are kept. */
const MAX_OWNERS = 10_000

export type CallMeter = {
  count(owner: string): void
  /** Writes what there is; a failure keeps it for the next time. */
  flush(): Promise<void>
  /** Writes the rest and stops. */
  close(): Promise<void>
}

export function createCallMeter(db: Queryable, log: Logger, intervalMs: number): CallMeter {
  let counts = new Map<string, number>()
  let underWay: Promise<void> = Promise.resolve()

  const add = (owner: string, calls: number): void => {
    if (counts.has(owner) || counts.size < MAX_OWNERS) counts.set(owner, (counts.get(owner) ?? 0) + calls)
  }

  async function write(): Promise<void> {
    const writing = counts
    counts = new Map()
    try {
      await addApiCalls(db, writing)
    } catch (error) {
      for (const [owner, calls] of writing) add(owner, calls)
      log.warn({ err: error }, 'requests could not be counted; the next time will try again')
    }
  }

  const flush = (): Promise<void> => {
    underWay = underWay.then(write)
    return underWay
  }
  const timer = setInterval(flush, intervalMs)
  timer.unref()
  return {
    count: (owner) => add(owner, 1),
    flush,
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}

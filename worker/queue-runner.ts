/** The queue's runner, started again whenever it stops by itself. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Runner } from 'graphile-worker'
import type { Logger } from '../core/platform/log.ts'

export type KeptRunner = {
  /** Stops taking tasks, and resolves when those under way are done. */
  stop(): Promise<void>
}

const PAUSE_MS = { first: 500, longest: 10_000 } as const
/** A runner that lasted this long stopped for a new reason. */
const STEADY_MS = 60_000

/**
 * Starts a runner and keeps one running. A runner stops by itself when it cannot tell the database that a task is done,
 * and then ends well, as if it had been asked to: without this the process would go on and take nothing any more.
 * @throws what the first start throws
 */
export async function keepRunning(start: () => Promise<Runner>, log: Logger): Promise<KeptRunner> {
  const stopping = new AbortController()
  let runner: Runner | null = await start()
  let startedAt = performance.now()

  async function watch(): Promise<void> {
    let pauseMs: number = PAUSE_MS.first
    while (!stopping.signal.aborted) {
      if (runner) await runner.promise.catch(() => {})
      if (stopping.signal.aborted) return
      runner = null
      if (performance.now() - startedAt > STEADY_MS) pauseMs = PAUSE_MS.first
      log.warn({ inMs: pauseMs }, 'the queue stopped; it is started again')
      await sleep(pauseMs, null, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest)
      startedAt = performance.now()
      try {
        runner = await start()
      } catch (error) {
        log.warn({ err: error }, 'the queue could not be started')
      }
    }
  }

  const watched = watch()
  return {
    async stop() {
      stopping.abort()
      // A start that is under way has a runner by the time its loop has ended.
      const asked = runner?.stop().catch(() => {})
      await watched
      await asked
      await runner?.stop().catch(() => {})
    },
  }
}

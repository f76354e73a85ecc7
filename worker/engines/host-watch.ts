/** Looks at the servers of the engines every minute and records what they are and lack. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Queryable } from '../../core/platform/database.ts'
import type { Logger } from '../../core/platform/log.ts'
import { storeHostFacts } from '../../core/workflows/host-facts.ts'
import type { Engine } from './engine.ts'

const INTERVAL_MS = 60_000

/** @returns stops it, and resolves when it has stopped */
export function watchHosts(
  engines: ReadonlyMap<string, Engine>,
  pg: Queryable,
  log: Logger,
): () => Promise<void> {
  const stop = new AbortController()
  const { signal } = stop
  const look = async (engine: Engine): Promise<void> => {
    try {
      const facts = await engine.facts?.(signal)
      if (facts) await storeHostFacts(pg, engine.kind, facts)
    } catch (error) {
      // Only advice is lost: the next round tries again.
      if (!signal.aborted)
        log.warn({ err: error, engine: engine.kind }, 'could not record what engine hosts have')
    }
  }
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      await Promise.all([...engines.values()].map(look))
      await sleep(INTERVAL_MS, undefined, { signal, ref: false }).catch(() => {})
    }
  }
  const done = loop()
  return async () => {
    stop.abort()
    await done
  }
}

/** Hears of jobs that ended early (canceled, failed, timed out), so that work on them stops at once. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from '../../core/platform/log.ts'

const RECONNECT_MS = 1_000

/**
 * Listens until stopped. A lost notice costs little: the heartbeat finds out within 5 s.
 * @returns a function that stops it
 */
export function listenForEnds(
  databaseUrl: string,
  onEnd: (jobId: string) => void,
  log: Logger,
): () => Promise<void> {
  const stop = new AbortController()
  const link: { client: pg.Client | null } = { client: null }

  async function listen(): Promise<void> {
    const fresh = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'framecast-worker-listen',
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    })
    const lost = new Promise<void>((resolve) => {
      fresh.on('error', () => resolve())
      fresh.on('end', () => resolve())
    })
    await fresh.connect()
    link.client = fresh
    fresh.on('notification', ({ payload }) => payload && onEnd(payload))
    await fresh.query('listen job_ended')
    await lost
  }

  const loop = (async () => {
    while (!stop.signal.aborted) {
      await listen().catch((error: unknown) => log.debug({ err: error }, 'not listening for ended jobs'))
      link.client = null
      await sleep(RECONNECT_MS, undefined, { signal: stop.signal }).catch(() => {})
    }
  })()
  return async () => {
    stop.abort()
    await link.client?.end().catch(() => {})
    await loop
  }
}

/** Hears notices of the database on one channel: of jobs that ended early, and of what engines report. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from '../../core/platform/log.ts'

const RECONNECT_MS = 1_000

/** Jobs that ended early (canceled, failed, timed out), by id: work on them stops at once. */
export const ENDED_CHANNEL = 'job_ended'

/**
 * Listens until stopped. A lost notice costs little: whoever waits for one also looks from time to time.
 * @returns a function that stops it
 */
export function listenTo(
  databaseUrl: string,
  channel: string,
  onNotice: (payload: string) => void,
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
    fresh.on('notification', ({ payload }) => payload && onNotice(payload))
    await fresh.query(`listen ${channel}`)
    await lost
  }

  const loop = (async () => {
    while (!stop.signal.aborted) {
      await listen().catch((error: unknown) => log.debug({ err: error, channel }, 'not listening to notices'))
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

/**
 * One LISTEN connection: tells of notices, comes back by itself when it is lost, and says so, since whatever was
 * notified in between is gone.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from '../../core/platform/log.ts'
import { withDeadline } from '../../core/platform/retry.ts'

export type NoticesOptions = {
  url: string
  channel: string
  log: Logger
  /** How often the connection is asked for a sign of life, in ms: a cut cable closes nothing. */
  probeMs?: number
  onNotice(payload: string): void
  /** After every time the connection was made: notices may have been lost before. */
  onConnected(): void
}

export type Notices = {
  readonly connected: boolean
  close(): Promise<void>
}

const CONNECT_MS = 5_000
const PROBE_LIMIT_MS = 5_000
const MAX_WAIT_MS = 3_000

export function listen(options: NoticesOptions): Notices {
  const { url, channel, log, probeMs = 10_000, onNotice, onConnected } = options
  const closing = new AbortController()
  let connected = false

  /** One life of the connection; resolves when it is over. */
  async function live(): Promise<void> {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'framecast-server-listen',
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
    })
    const over = new AbortController()
    client.on('error', (error) => over.abort(error))
    client.on('end', () => over.abort(new Error('the connection ended')))
    client.on('notification', (notice) => onNotice(notice.payload ?? ''))
    const signal = AbortSignal.any([closing.signal, over.signal])
    try {
      await client.connect()
      await withDeadline(
        client.query(`listen ${client.escapeIdentifier(channel)}`),
        CONNECT_MS,
        'no answer to LISTEN',
      )
      connected = true
      onConnected()
      while (!signal.aborted) {
        await sleep(probeMs, undefined, { signal })
        await withDeadline(client.query('select 1'), PROBE_LIMIT_MS, 'no sign of life')
      }
    } catch (error) {
      if (!closing.signal.aborted)
        log.warn({ err: over.signal.aborted ? over.signal.reason : error }, 'lost the connection for notices')
    } finally {
      connected = false
      // A half-dead connection may never say goodbye.
      await withDeadline(client.end(), 1_000, 'no goodbye').catch(() => {})
    }
  }

  async function keepAlive(): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; failures += 1) {
      const startedAt = performance.now()
      await live()
      if (performance.now() - startedAt > probeMs) failures = 0
      const waitMs = 100 + Math.random() * Math.min(MAX_WAIT_MS, 200 * 2 ** failures)
      await sleep(waitMs, undefined, { signal: closing.signal }).catch(() => {})
    }
  }
  const running = keepAlive()

  return {
    get connected() {
      return connected
    },
    async close() {
      closing.abort()
      await running
    },
  }
}

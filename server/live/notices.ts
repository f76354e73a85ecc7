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
  /** What takes in the payloads of each channel. */
  channels: Readonly<Record<string, (payload: string) => void>>
  log: Logger
  /** How often the connection is asked for a sign of life, in ms: a cut cable closes nothing. */
  probeMs?: number
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
  const { url, channels, log, probeMs = 10_000, onConnected } = options
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
    client.on('notification', ({ channel, payload = '' }) => {
      try {
        channels[channel]?.(payload)
      } catch (error) {
        log.warn({ err: error, channel }, 'a notice cannot be understood')
      }
    })
    const signal = AbortSignal.any([closing.signal, over.signal])
    try {
      await client.connect()
      const names = Object.keys(channels).map((name) => `listen ${client.escapeIdentifier(name)}`)
      await withDeadline(client.query(names.join('; ')), CONNECT_MS, 'no answer to LISTEN')
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

/**
 * The heartbeat: a thread with a connection of its own, so that a busy event loop or a full pool in the main thread
 * never costs a lease. Renews the leases of the steps it was told of, and keeps this worker's row fresh.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import pg from 'pg'
import { renewLeases } from '../../core/jobs/leases.ts'

export type HeartbeatData = {
  databaseUrl: string
  workerId: string
  host: string
  roles: readonly string[]
  version: string
  intervalMs: number
}

/** To the thread. */
export type HeartbeatOrder = { type: 'steps'; steps: { id: string; attempt: number }[] } | { type: 'stop' }
/** From the thread. `lost`: these are no longer ours. `fence`: no renewal for too long, stop everything. */
export type HeartbeatNews = { type: 'lost'; ids: string[] } | { type: 'fence' } | { type: 'stopped' }

/** Without a renewal for this long, somebody else may soon hold our leases. */
const FENCE_AFTER_MS = 15_000

const data = workerData as HeartbeatData
const port = parentPort!
const tell = (news: HeartbeatNews): void => port.postMessage(news)

let steps: { id: string; attempt: number }[] = []
let stopping = false
// Changed by the connection's own error handler, which the type checker does not follow.
const link: { client: pg.Client | null } = { client: null }
let lastBeatAt = performance.now()
let fenced = false
const wake = new AbortController()

async function connect(): Promise<pg.Client> {
  const fresh = new pg.Client({
    connectionString: data.databaseUrl,
    application_name: 'framecast-heartbeat',
    connectionTimeoutMillis: 3_000,
    query_timeout: 4_000,
    keepAlive: true,
  })
  fresh.on('error', () => {
    link.client = null
  })
  await fresh.connect()
  return fresh
}

async function beat(): Promise<void> {
  link.client ??= await connect()
  const { client } = link
  await client.query(
    `insert into workers (id, host, roles, version, running) values ($1, $2, $3, $4, $5)
     on conflict (id) do update set last_seen_at = now(), running = excluded.running`,
    [data.workerId, data.host, data.roles, data.version, steps.length],
  )
  const asked = steps
  const renewed =
    asked.length > 0 ? new Set(await renewLeases(client, data.workerId, asked)) : new Set<string>()
  // A step that ended while we asked is not lost: compare with the list of now.
  const current = new Set(steps.map((step) => step.id))
  const lost = asked.filter((step) => !renewed.has(step.id) && current.has(step.id)).map((step) => step.id)
  if (lost.length > 0) tell({ type: 'lost', ids: lost })
}

port.on('message', (order: HeartbeatOrder) => {
  if (order.type === 'steps') steps = order.steps
  else {
    stopping = true
    wake.abort()
  }
})

while (!stopping) {
  const startedAt = performance.now()
  try {
    await beat()
    lastBeatAt = startedAt
    fenced = false
  } catch {
    link.client?.end().catch(() => {})
    link.client = null
    if (!fenced && performance.now() - lastBeatAt > FENCE_AFTER_MS) {
      fenced = true
      tell({ type: 'fence' })
    }
  }
  const waitMs = link.client ? data.intervalMs : 1_000
  await sleep(waitMs, undefined, { signal: wake.signal }).catch(() => {})
}
await link.client?.query('delete from workers where id = $1', [data.workerId]).catch(() => {})
await link.client?.end().catch(() => {})
tell({ type: 'stopped' })
port.close()

/**
 * From an event's COMMIT to its arrival at WebSocket clients.
 *
 *   node bench/event-latency.ts [events] [viewers]
 *
 * Server and PostgreSQL are processes of their own, on loopback, as in production but with fsync off. The clock starts
 * when COMMIT is sent, so the figure holds the commit itself, NOTIFY, the hub's read of the row and the way to the
 * client. Events are written one after the other, each by a transaction of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import WebSocket from 'ws'
import { appendEvent } from '../core/jobs/events.ts'
import { buildJob, buildKey } from '../test/support/builders.ts'
import { createDatabase, freePort, prepareTemplate, startPostgres } from '../test/support/postgres.ts'
import { startStoreServer, storeOptions } from '../test/support/store.ts'
import { studioEnv } from '../test/support/studio.ts'

const EVENTS = Number(process.argv[2] ?? 500)
const VIEWERS = Number(process.argv[3] ?? 5)

const cleanUp: (() => unknown)[] = []
const scope = { teardown: (work: () => unknown) => cleanUp.unshift(work) }

async function startServer(env: Record<string, string>): Promise<ChildProcess> {
  const child = spawn(process.execPath, [new URL('../server/main.ts', import.meta.url).pathname], {
    env: { ...process.env, ...env, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  scope.teardown(async () => {
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  for await (const line of createInterface({ input: child.stdout! })) if (line.includes('"listening"')) break
  child.stdout!.resume()
  return child
}

const percentile = (sorted: readonly number[], share: number): string =>
  `${sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(2)} ms`

try {
  const [postgres, store] = await Promise.all([startPostgres(), startStoreServer()])
  scope.teardown(() => Promise.all([postgres.close(), store.close()]))
  await prepareTemplate(postgres.url)
  const database = await createDatabase(scope, postgres.url)
  const { rawKey, principal } = await buildKey(database.pool)
  const job = await buildJob(database.pool, principal)
  const env = studioEnv(database, storeOptions(store.url), await freePort())
  await startServer(env)

  const latencies: number[] = []
  let sentAt = 0
  let arrived = 0
  let allArrived = (): void => {}
  for (let n = 0; n < VIEWERS; n += 1) {
    const socket = new WebSocket(`${env.APP_BASE_URL!.replace('http', 'ws')}/v1/ws`, ['framecast.v1'], {
      headers: { authorization: rawKey },
    })
    scope.teardown(() => socket.terminate())
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'subscribe', id: '1', channel: `job:${job}` }))
    await once(socket, 'message')
    socket.on('message', () => {
      latencies.push(performance.now() - sentAt)
      arrived += 1
      if (arrived === VIEWERS) allArrived()
    })
  }

  const client = await database.pool.connect()
  for (let n = 0; n < EVENTS; n += 1) {
    await client.query('begin')
    await appendEvent(client, job, 'progress', { percent: n / EVENTS, phase: 'generating' })
    arrived = 0
    const everybody = new Promise<void>((resolve) => {
      allArrived = resolve
    })
    sentAt = performance.now()
    await client.query('commit')
    await everybody
  }
  client.release()
  latencies.sort((a, b) => a - b)
  console.log(`${EVENTS} events, ${VIEWERS} viewers, COMMIT sent -> message received`)
  console.log(
    `p50 ${percentile(latencies, 0.5)}  p95 ${percentile(latencies, 0.95)}  p99 ${percentile(latencies, 0.99)}  max ${percentile(latencies, 1)}`,
  )
} finally {
  for (const work of cleanUp) await work()
}

/**
 * RunPod's endpoint API on the wire, after its documentation: states, delays, retention, limits, webhooks. Time limits
 * can be shortened, and answers broken.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Scope } from '../postgres.ts'
import { type FakeJob, isOver, MAX_REQUEST_BYTES, raise, settle, shown } from './job.ts'

export type Operation = 'run' | 'status' | 'cancel' | 'health'

/** Something that goes wrong, the next `times` times that an operation is called. */
export type WireFault = {
  on: Operation
  times?: number
  /** `hang-up-before`: the request is not acted on. `hang-up-after`: it is, and the answer is lost. */
  what:
    | 'hang-up-before'
    | 'hang-up-after'
    | 'html-after'
    | { status: number; body?: string; retryAfter?: number }
}

export type FakeRunpodOptions = {
  /** What the endpoint's handler does with an input. Default: nothing is returned. */
  handler?(input: unknown, job: FakeJob): Promise<unknown>
  retentionMs?: number
  webhookRetryMs?: number
  /** Requests in 10 s, by operation. */
  limits?: Partial<Record<Operation, number>>
}

export type FakeRunpod = {
  /** For RUNPOD_BASE_URL. */
  readonly url: string
  readonly endpointId: string
  readonly apiKey: string
  /** Every job there was, in the order in which they came. */
  readonly jobs: FakeJob[]
  /** `run`, `status`, ... in the order in which they were asked for. */
  readonly asked: Operation[]
  /** Webhook deliveries: address, and how it was answered. */
  readonly deliveries: { url: string; status: number | null }[]
  readonly workers: { max: number; throttled: number; unhealthy: number }
  /** What the handler does from now on. */
  handler: NonNullable<FakeRunpodOptions['handler']>
  /** Whether webhooks are sent. */
  reports: boolean
  fail(fault: WireFault): void
  clearFaults(): void
  /** Takes waiting jobs up, as far as there are workers. */
  pump(): void
  /** As if its time were up: nothing knows it any more. */
  forget(id: string): void
  /** Resolves when `fits`; looked at with each change. */
  until(fits: (fake: FakeRunpod) => boolean): Promise<void>
}

const ENDPOINT = 'fake1endpoint'
const KEY = 'rpa_FAKEKEY000000000000000000000000000000000canary'
const RETENTION_MS = 30 * 60_000
const WEBHOOK_RETRY_MS = 10_000
const WINDOW_MS = 10_000
const LIMITS: Record<Operation, number> = { run: 1_000, status: 2_000, cancel: 100, health: 1_000 }
const HTML = '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>'

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const reply = (response: ServerResponse, status: number, body: unknown, headers: object = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

export async function startFakeRunpod(t: Scope, options: FakeRunpodOptions = {}): Promise<FakeRunpod> {
  const kept = new Map<string, FakeJob>()
  const faults: { fault: WireFault; left: number }[] = []
  const changes = new Set<() => void>()
  const stamps = new Map<Operation, number[]>()
  const closing = new AbortController()
  const changed = (): void => {
    for (const look of changes) look()
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    closing.abort()
    for (const { stop } of fake.jobs) stop.abort()
    server.closeAllConnections()
    server.close()
  })

  const fake: FakeRunpod = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2`,
    endpointId: ENDPOINT,
    apiKey: KEY,
    jobs: [],
    asked: [],
    deliveries: [],
    workers: { max: 3, throttled: 0, unhealthy: 0 },
    handler: options.handler ?? (async () => ({})),
    reports: true,
    fail: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
    clearFaults: () => void faults.splice(0),
    pump,
    forget(id) {
      kept.delete(id)
      changed()
    },
    until: (fits) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!fits(fake)) return
          changes.delete(look)
          resolve()
        }
        changes.add(look)
        look()
      }),
  }

  const inState = (state: FakeJob['state']) =>
    fake.jobs.filter((job) => kept.has(job.id) && job.state === state)

  function pump(): void {
    for (const job of inState('IN_QUEUE')) {
      if (inState('IN_PROGRESS').length >= fake.workers.max) return
      void work(job)
    }
  }

  async function work(job: FakeJob): Promise<void> {
    job.state = 'IN_PROGRESS'
    job.pickedUpAt = performance.now()
    job.workerId = `worker-${fake.jobs.indexOf(job) + 1}`
    changed()
    const late = setTimeout(
      () =>
        end(job, () => {
          job.state = 'TIMED_OUT'
          job.error = 'job timed out after 1 retries'
        }),
      job.policy.executionTimeout,
    )
    try {
      const returned = await fake.handler(job.input, job)
      end(job, () => settle(job, returned))
    } catch (error) {
      end(job, () => raise(job, error as Error))
    } finally {
      clearTimeout(late)
    }
  }

  /** A job ends once. */
  function end(job: FakeJob, how: () => void): void {
    if (isOver(job)) return
    how()
    job.endedAt = performance.now()
    job.stop.abort()
    setTimeout(() => fake.forget(job.id), options.retentionMs ?? RETENTION_MS).unref()
    void report(job)
    changed()
    pump()
  }

  /** Three tries, ten seconds apart; only 200 counts. */
  async function report(job: FakeJob): Promise<void> {
    if (job.webhook === null || !fake.reports) return
    for (let round = 1; round <= 3 && !closing.signal.aborted; round += 1) {
      const status = await fetch(job.webhook, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(shown(job)),
        signal: closing.signal,
      }).then(
        (response) => response.status,
        () => null,
      )
      fake.deliveries.push({ url: job.webhook, status })
      changed()
      if (status === 200) return
      await sleep(options.webhookRetryMs ?? WEBHOOK_RETRY_MS, undefined, {
        signal: closing.signal,
        ref: false,
      }).catch(() => {})
    }
  }

  function submit(body: Buffer): { status: number; body: object } {
    if (body.length > MAX_REQUEST_BYTES) return { status: 400, body: { error: 'request body is too large' } }
    let read: { input?: unknown; webhook?: unknown; policy?: { executionTimeout?: number; ttl?: number } }
    try {
      read = JSON.parse(body.toString())
    } catch {
      return { status: 400, body: { error: 'invalid JSON' } }
    }
    if (typeof read.input !== 'object' || read.input === null)
      return { status: 400, body: { error: 'input is required' } }
    const { executionTimeout = 600_000, ttl = 86_400_000 } = read.policy ?? {}
    if (executionTimeout < 5_000 || ttl < 10_000)
      return { status: 400, body: { error: 'policy out of range' } }
    const job: FakeJob = {
      id: `${randomUUID()}-e1`,
      input: read.input,
      webhook: typeof read.webhook === 'string' ? read.webhook : null,
      policy: { executionTimeout, ttl },
      submittedAt: performance.now(),
      state: 'IN_QUEUE',
      pickedUpAt: null,
      endedAt: null,
      workerId: null,
      output: undefined,
      error: undefined,
      stop: new AbortController(),
    }
    fake.jobs.push(job)
    kept.set(job.id, job)
    // When its time is over a job is deleted, running or not.
    setTimeout(() => fake.forget(job.id), Math.min(ttl, 2 ** 31 - 1)).unref()
    setImmediate(pump)
    return { status: 200, body: { id: job.id, status: 'IN_QUEUE' } }
  }

  function health(): object {
    const running = inState('IN_PROGRESS').length
    const ended = (state: FakeJob['state']) => fake.jobs.filter((job) => job.state === state).length
    return {
      jobs: {
        completed: ended('COMPLETED'),
        failed: ended('FAILED'),
        inProgress: running,
        inQueue: inState('IN_QUEUE').length,
        retried: 0,
      },
      workers: {
        idle: Math.max(0, fake.workers.max - running),
        initializing: 0,
        ready: Math.max(0, fake.workers.max - running),
        running,
        throttled: fake.workers.throttled,
        unhealthy: fake.workers.unhealthy,
      },
    }
  }

  function isOverLimit(operation: Operation): boolean {
    const now = performance.now()
    const recent = (stamps.get(operation) ?? []).filter((at) => now - at < WINDOW_MS)
    stamps.set(operation, [...recent, now])
    return recent.length >= (options.limits?.[operation] ?? LIMITS[operation])
  }

  function act(operation: Operation, id: string, body: Buffer): { status: number; body: object } {
    if (operation === 'run') return submit(body)
    if (operation === 'health') return { status: 200, body: health() }
    const job = kept.get(id)
    if (!job) return { status: 404, body: { error: 'job not found' } }
    if (operation === 'status') return { status: 200, body: shown(job) }
    end(job, () => {
      job.state = 'CANCELLED'
    })
    return { status: 200, body: { id: job.id, status: 'CANCELLED' } }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readAll(request)
    const [, version, endpoint, name, id = ''] = new URL(request.url ?? '/', 'http://x').pathname.split('/')
    if (request.headers.authorization !== `Bearer ${KEY}`)
      return reply(response, 401, { error: 'unauthorized' })
    const methods: Record<Operation, string> = { run: 'POST', status: 'GET', cancel: 'POST', health: 'GET' }
    const operation = name as Operation
    if (version !== 'v2' || endpoint !== ENDPOINT || methods[operation] !== request.method)
      return reply(response, 404, { error: 'not found' })
    fake.asked.push(operation)
    const at = faults.findIndex(({ fault }) => fault.on === operation)
    const entry = at < 0 ? null : faults[at]!
    if (entry && --entry.left === 0) faults.splice(at, 1)
    const what = entry?.fault.what
    changed()
    if (what === 'hang-up-before') return void response.destroy()
    if (typeof what === 'object') {
      const headers = what.retryAfter === undefined ? {} : { 'retry-after': String(what.retryAfter) }
      response.writeHead(what.status, { 'content-type': 'text/html', ...headers }).end(what.body ?? HTML)
      return
    }
    if (isOverLimit(operation)) return reply(response, 429, { error: 'too many requests' })
    const result = act(operation, decodeURIComponent(id), body)
    changed()
    if (what === 'hang-up-after') return void response.destroy()
    if (what === 'html-after') return void response.writeHead(200, { 'content-type': 'text/html' }).end(HTML)
    reply(response, result.status, result.body)
  }

  return fake
}

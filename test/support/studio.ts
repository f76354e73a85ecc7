/** A whole server for tests, in this process: real database, real store, real sockets. */
import { randomBytes } from 'node:crypto'
import createClient, { type Client } from 'openapi-fetch'
import { pino } from 'pino'
import type { UserPrincipal } from '../../core/access/principal.ts'
import { createSession, sessionKeys } from '../../core/accounts/sessions.ts'
import { type Config, readConfig } from '../../core/platform/config.ts'
import type { Logger } from '../../core/platform/log.ts'
import type { ObjectStore, ObjectStoreOptions } from '../../core/platform/objects.ts'
import type { paths } from '../../schemas/api.ts'
import { type RunningServer, startServer } from '../../server/start.ts'
import type { ServerTimings } from '../../server/timings.ts'
import { buildKey } from './builders.ts'
import { createConformance } from './conformance.ts'
import { freePort, type Scope, serverUrlOf, startDatabase, type TestDatabase } from './postgres.ts'
import { startStore } from './store.ts'

export type LogLine = { level: string; msg: string; [key: string]: unknown }

export type Studio = TestDatabase & {
  readonly url: string
  readonly config: Config
  /** Variables that another process needs to be part of the same installation. */
  readonly env: Record<string, string>
  readonly server: RunningServer
  readonly store: ObjectStore
  /** Everything the server logged. */
  readonly lines: LogLine[]
  /** A raw key of a creator who may do everything, and who that is. */
  readonly key: string
  readonly userId: string
  /**
   * A request with that key, unless `headers` bring another credential (`authorization: ''` for none). Throws when the
   * reply is not as the OpenAPI document says; so does the end of the test, for requests made in other ways.
   */
  request(
    path: string,
    init?: RequestInit & { json?: unknown; headers?: Record<string, string> },
  ): Promise<Response>
  /** The bearer token of a new session of a user, as logging in gives it. */
  logIn(user: Pick<UserPrincipal, 'userId'>): Promise<string>
  /** Like `request`, with another credential: a raw key or a session's token. */
  as(token: string): Studio['request']
  /** The typed client of the API, with the key of `request` or another credential. */
  client(token?: string): Client<paths>
}

export type StudioOptions = {
  env?: Record<string, string>
  timings?: Partial<ServerTimings>
  database?: TestDatabase
  store?: { options: ObjectStoreOptions; store: ObjectStore }
}

/** Variables of an installation on `port` with this database and store; no engine has to be there. */
export function studioEnv(
  database: TestDatabase,
  store: ObjectStoreOptions,
  port: number,
): Record<string, string> {
  return {
    DATABASE_URL: serverUrlOf(database.url),
    DATABASE_OWNER_URL: database.url,
    DATA_KEY: randomBytes(32).toString('base64'),
    HOST: '127.0.0.1',
    PORT: String(port),
    APP_BASE_URL: `http://127.0.0.1:${port}`,
    S3_ENDPOINT: store.endpoint,
    S3_ACCESS_KEY: store.accessKey,
    S3_SECRET_KEY: store.secretKey,
    S3_BUCKET_OUTPUTS: store.bucket,
    S3_BUCKET_SYSTEM: `${store.bucket}-system`,
    MEDIA_DELIVERY: 'proxy',
    PREVIEW_URL: 'http://127.0.0.1:9',
    SHUTDOWN_GRACE_SECONDS: '0',
    // Tests ask more often than people do; those of the limits switch them on.
    RATE_LIMITS: 'off',
  }
}

export async function startStudio(t: Scope, options: StudioOptions = {}): Promise<Studio> {
  const [database, store, port] = await Promise.all([
    options.database ?? startDatabase(t),
    options.store ?? startStore(t),
    freePort(),
  ])
  const env = { ...studioEnv(database, store.options, port), ...options.env }
  const config = readConfig(env)
  const lines: LogLine[] = []
  const log = pino(
    { level: 'debug', formatters: { level: (label) => ({ level: label }) } },
    { write: (text: string) => lines.push(JSON.parse(text)) },
  ) as unknown as Logger
  const conformance = createConformance()
  const server = await startServer(config, {
    log,
    observer: conformance.observer,
    timings: { graceMs: 0, drainMs: 2_000, ...options.timings },
  })
  t.teardown(async () => {
    await server.close()
    conformance.checkAll()
  })
  const { rawKey, principal } = await buildKey(database.pool)
  const requestAs =
    (token: string): Studio['request'] =>
    async (path, { json, headers = {}, ...init } = {}) => {
      const given = {
        authorization: `Bearer ${token}`,
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      }
      const reply = await fetch(new URL(path, server.url), {
        ...init,
        headers: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== '')),
        ...(json === undefined ? {} : { method: init.method ?? 'POST', body: JSON.stringify(json) }),
        signal: AbortSignal.timeout(20_000),
      })
      conformance.check(reply.headers.get('x-request-id'))
      return reply
    }
  return {
    ...database,
    url: server.url,
    config,
    env,
    server,
    store: store.store,
    lines,
    key: rawKey,
    userId: principal.userId,
    request: requestAs(rawKey),
    as: requestAs,
    client: (token = rawKey) =>
      createClient<paths>({
        baseUrl: server.url,
        headers: { authorization: `Bearer ${token}` },
        async fetch(request) {
          const reply = await fetch(request)
          conformance.check(reply.headers.get('x-request-id'))
          return reply
        },
      }),
    async logIn({ userId }) {
      return (await createSession(database.pool, sessionKeys(config), { userId })).token
    },
  }
}

/** A short storyboard that is valid. */
export const aStoryboard = (over: object = {}) => ({
  title: 'Two shots',
  scenes: [
    { id: 'harbor', prompt: 'A quiet harbor at dawn, mist over the water', duration: 2 },
    { id: 'street', prompt: 'A narrow street, lamps still lit', duration: 2 },
  ],
  ...over,
})

export type WireError = {
  error: {
    code: string
    message: string
    reason?: string
    details?: Record<string, unknown>
    retryAfter?: number
  }
}

/** Status and body of a reply at once. */
export async function read<T = Record<string, unknown>>(reply: Promise<Response> | Response) {
  const response = await reply
  const text = await response.text()
  let body: unknown = text
  try {
    body = JSON.parse(text)
  } catch {}
  return { status: response.status, headers: response.headers, body: body as T }
}

/** Resolves once `fits` holds; rejects after `limitMs`. */
export async function until(
  fits: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 10_000,
): Promise<void> {
  const startedAt = performance.now()
  while (!(await fits())) {
    if (performance.now() - startedAt > limitMs)
      throw new Error(`did not come about within ${limitMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

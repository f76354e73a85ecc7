/**
 * A private instance: the same server, worker and preview engine as in production, each its own process, against a real
 * Postgres and an S3 server from npm. Everything listens on loopback and lives in one folder; only addresses differ.
 */
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { ensureOperatorKey, ensureOperatorPassword } from './account.ts'
import { DATABASE, databaseUrl, instanceEnvironment, serverEnvironment } from './environment.ts'
import { type Errand, startErrand } from './errand.ts'
import { EmbeddedError } from './errors.ts'
import { layoutOf, makeFolders } from './layout.ts'
import { takeLock } from './lock.ts'
import { type Part, type PartEvent, type PartName, startPart } from './part.ts'
import { choosePorts } from './ports.ts'
import { endLeftoverPostgres } from './postgres-leftovers.ts'
import { ensureSecrets } from './secrets.ts'
import { waitUntil } from './wait.ts'

export type EmbeddedEvent =
  | PartEvent
  /** A part, or the step `migrate`, answers; `seconds` since it was begun. */
  | { kind: 'ready'; part: PartName | 'migrate'; seconds: number }

export type EmbeddedOptions = {
  /** Folder of the instance; made when missing, kept when it stops. */
  dataDir: string
  /** Port of the server; default: that of the last run when free, else any. */
  port?: number | undefined
  onEvent?: ((event: EmbeddedEvent) => void) | undefined
  signal?: AbortSignal | undefined
  /** `fast` skips waiting for the disk: for tests that throw the folder away. Default `durable`. */
  durability?: 'durable' | 'fast'
  /** Makes the sounds that come with Framecast, in the background, where they are missing. Default false. */
  seedSounds?: boolean
  /** Environment whose settings of engines, credits and tools are taken over. Default: the process's own. */
  environment?: NodeJS.ProcessEnv
}

export type Embedded = {
  url: string
  /** Raw API key of the local operator. */
  apiKey: string
  dataDir: string
  logDir: string
  /** Environment the parts run with: complete, secrets included. */
  env: NodeJS.ProcessEnv
  /** Seconds each part took to come up. */
  startupS: Readonly<Record<string, number>>
  /** Process ids, for tests that kill one. */
  pid(part: PartName): number | null
  /** Rejects when a part cannot be kept up. Never resolves. */
  readonly failed: Promise<never>
  /** Stops every part in order, within about 10 s. May be called twice. */
  close(): Promise<void>
}

const POSTGRES_UP_MS = 120_000
const PART_UP_MS = 45_000
const POSTGRES_STOP_MS = 8_000
const SERVICE_STOP_MS = 6_000
/** One sound is made without a pause for signals: nothing is lost by ending it there. */
const ERRAND_STOP_MS = 300

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
  await response.body?.cancel()
  return response.ok
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 2_000,
    query_timeout: 10_000,
  })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/**
 * Starts an instance and resolves when it takes work.
 * @throws {EmbeddedError} `in_use`, `port_taken`, `part_failed` (with the part's last log lines), `unsupported`, `aborted`
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { signal, durability = 'durable' } = options
  const layout = layoutOf(options.dataDir)
  await makeFolders(layout)
  const lock = await takeLock(layout.lock)

  const parts = new Map<PartName, Part>()
  let seeding: Errand | null = null
  const startupS: Record<string, number> = {}
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch(() => {}) // listening is optional
  const emit = (event: EmbeddedEvent) => options.onEvent?.(event)

  let closing: Promise<void> | null = null
  const close = (): Promise<void> => {
    closing ??= stopAll().finally(() => lock.release())
    return closing
  }
  // Those who use the database and the store first, then these.
  async function stopAll(): Promise<void> {
    const stop = (names: PartName[], limitMs: number) =>
      Promise.all(names.map((name) => parts.get(name)?.stop(limitMs)))
    await Promise.all([stop(['server', 'worker'], SERVICE_STOP_MS), seeding?.stop(ERRAND_STOP_MS)])
    await stop(['preview', 'store'], SERVICE_STOP_MS)
    await stop(['postgres'], POSTGRES_STOP_MS)
    // Its keeper may have been killed just before: then Postgres is still there.
    if (parts.has('postgres')) await endLeftoverPostgres(layout.postgres)
  }

  /** Measures a piece of the start and tells when it is through. */
  async function timed<T>(name: PartName | 'migrate', work: () => Promise<T>): Promise<T> {
    const begun = performance.now()
    const result = await work()
    const seconds = (performance.now() - begun) / 1_000
    startupS[name] = seconds
    emit({ kind: 'ready', part: name, seconds })
    return result
  }

  try {
    const ports = await choosePorts(layout.ports, options.port)
    const secrets = await ensureSecrets(layout.secrets)
    const env = instanceEnvironment(options.environment ?? process.env, layout, ports, secrets)
    const url = env.APP_BASE_URL as string

    async function bringUp(
      name: PartName,
      program: string,
      args: readonly string[],
      isUp: () => Promise<boolean>,
      limitMs = PART_UP_MS,
    ): Promise<void> {
      await timed(name, async () => {
        signal?.throwIfAborted()
        const part = startPart({
          name,
          program,
          args,
          env:
            name === 'worker'
              ? env
              : name === 'server' || name === 'preview'
                ? serverEnvironment(env)
                : pickPlain(env),
          cwd: layout.root,
          logFile: path.join(layout.logs, `${name}.log`),
          onEvent: emit,
        })
        parts.set(name, part)
        part.failed.catch((error: Error) => fail(new EmbeddedError('part_failed', error.message)))
        await Promise.race([waitUntil(isUp, { limitMs, what: name, signal }), part.failed])
        part.markReady()
      })
    }

    // MikroORM takes a while to load: that goes on while Postgres starts.
    const migrations = import('../migrations/migrate.ts')
    migrations.catch(() => {})
    const adminUrl = databaseUrl(ports, secrets, 'postgres')
    const appUrl = databaseUrl(ports, secrets, DATABASE)

    await Promise.all([
      bringUp(
        'postgres',
        'embedded/postgres-process.ts',
        [layout.root, String(ports.postgres), durability],
        () => withClient(adminUrl, async (client) => (await client.query('select 1')).rowCount === 1),
        POSTGRES_UP_MS,
      ),
      bringUp('store', 'embedded/store-process.ts', [layout.objects, String(ports.store)], () =>
        answers(env.S3_ENDPOINT as string),
      ),
      bringUp('preview', 'comfyui/preview/main.ts', [], () => answers(`${env.PREVIEW_URL}/system_stats`)),
    ])

    const apiKey = await timed('migrate', async () => {
      await withClient(adminUrl, async (client) => {
        const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE])
        if (rowCount === 0) await client.query(`create database ${DATABASE}`)
      })
      const { ensureServerLogin, migrateUp } = await migrations
      await migrateUp(appUrl)
      await ensureServerLogin(appUrl, env.DATABASE_URL as string)
      const [{ readConfig }, { ensureBuckets }] = await Promise.all([
        import('../core/platform/config.ts'),
        import('../core/platform/store.ts'),
      ])
      await ensureBuckets(readConfig(env))
      const pool = new pg.Pool({ connectionString: appUrl, max: 1, connectionTimeoutMillis: 2_000 })
      try {
        await ensureOperatorPassword(pool, layout.password)
        return await ensureOperatorKey(pool, layout.key)
      } finally {
        await pool.end()
      }
    })

    await Promise.all([
      bringUp('server', 'server/main.ts', [], () => answers(`${url}/ready`)),
      bringUp('worker', 'worker/main.ts', [], () => workerIsUp(appUrl, parts.get('worker')?.pid() ?? null)),
    ])
    await lock.announce(url)
    if (options.seedSounds) {
      const logFile = path.join(layout.logs, 'sounds.log')
      seeding = startErrand('embedded/seed-process.ts', { env, cwd: layout.root, logFile })
    }
    return {
      url,
      apiKey,
      dataDir: layout.root,
      logDir: layout.logs,
      env,
      startupS,
      pid: (name) => parts.get(name)?.pid() ?? null,
      failed,
      close,
    }
  } catch (error) {
    await close()
    throw explain(error, signal, parts)
  }
}

/** What Postgres and the store get: none of the secrets. */
function pickPlain(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const plain = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'NODE_V8_COVERAGE', 'SystemRoot']
  return Object.fromEntries(Object.entries(env).filter(([name]) => plain.includes(name)))
}

/** The worker says that it lives by its row, which begins with its host and process id. */
async function workerIsUp(url: string, pid: number | null): Promise<boolean> {
  if (pid === null) return false
  return withClient(url, async (client) => {
    const { rowCount } = await client.query(
      `select 1 from workers where starts_with(id, $1) and last_seen_at > now() - interval '15 seconds'`,
      [`${os.hostname()}:${pid}:`],
    )
    return rowCount === 1
  })
}

function explain(error: unknown, signal: AbortSignal | undefined, parts: Map<PartName, Part>): EmbeddedError {
  if (error instanceof EmbeddedError) return error
  if (signal?.aborted) return new EmbeddedError('aborted', 'The start was interrupted.', error)
  const message = error instanceof Error ? error.message : String(error)
  const slow = [...parts.values()].find((part) => message.startsWith(`${part.name} did not come up`))
  const lines = slow ? `\nLast lines of its log:\n${slow.lastLines().join('\n')}` : ''
  return new EmbeddedError('part_failed', `The instance did not start: ${message}${lines}`, error)
}

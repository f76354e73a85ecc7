/**
 * The database of an instance: makes the cluster when there is none, ends a Postgres that an earlier instance left
 * behind, runs Postgres as its child and stops it in order. Arguments: the instance's folder, port, `durable` or `fast`.
 *
 * Of the npm package only the binaries are used: its own class makes a system user, puts sockets into /tmp and takes over
 * the process's signals.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { layoutOf } from './layout.ts'
import { findBinaries } from './postgres-binaries.ts'
import { endLeftoverPostgres } from './postgres-leftovers.ts'
import { chooseLaunch, type Launch } from './postgres-user.ts'
import { readSecrets } from './secrets.ts'

const [root = '', port = '', durability = 'durable'] = process.argv.slice(2)
const layout = layoutOf(root)
const FAST_STOP_MS = 5_000

const say = (msg: string, facts: object = {}) =>
  console.log(
    JSON.stringify({ level: 'info', service: 'postgres', time: new Date().toISOString(), ...facts, msg }),
  )

let running: ChildProcess | null = null
let stopping = false
process.on('SIGTERM', stop)

function start(launch: Launch, program: string, args: readonly string[]): ChildProcess {
  const [file = '', ...rest] = [...launch.prefix, program, ...args]
  running = spawn(file, rest, {
    cwd: layout.root,
    stdio: 'inherit',
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    ...launch.ids,
  })
  return running
}

const ended = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? String(code)))
  })

/** SIGINT is Postgres's fast shutdown: clients are sent away and a checkpoint is written. */
function stop(): void {
  if (stopping) return
  stopping = true
  if (!running) process.exit(0)
  running.kill('SIGINT')
  setTimeout(() => running?.kill('SIGQUIT'), FAST_STOP_MS).unref()
}

/** Makes the cluster beside its final place and moves it there when it is whole, so that a broken one is never met. */
async function makeCluster(launch: Launch, initdb: string): Promise<void> {
  const draft = `${layout.postgres}.new`
  const passwordFile = `${layout.postgres}.password`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { mode: 0o700 })
  await writeFile(passwordFile, (await readSecrets(layout.secrets)).postgresPassword, { mode: 0o600 })
  try {
    if (launch.owner) {
      for (const file of [draft, passwordFile]) await chown(file, launch.owner.uid, launch.owner.gid)
    }
    const exit = await ended(
      start(launch, initdb, [
        `--pgdata=${draft}`,
        `--pwfile=${passwordFile}`,
        '--username=framecast',
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
        '--no-instructions',
        ...(durability === 'fast' ? ['--no-sync'] : []),
      ]),
    )
    running = null
    if (stopping) process.exit(0)
    if (exit !== '0') throw new Error(`initdb ended with ${exit}`)
    await rename(draft, layout.postgres)
  } finally {
    await rm(passwordFile, { force: true })
  }
}

const binaries = await findBinaries()
const launch = await chooseLaunch(layout.postgres, [path.dirname(binaries.postgres), layout.root])
const isNew = (await readFile(path.join(layout.postgres, 'PG_VERSION'), 'utf8').catch(() => null)) === null
if (isNew) await makeCluster(launch, binaries.initdb)
else {
  const pid = await endLeftoverPostgres(layout.postgres)
  if (pid !== null) say('ended a Postgres that was left behind', { pid })
}

const settings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  port,
  unix_socket_directories: '', // the default is /tmp, outside the folder
  max_connections: '80',
  shared_buffers: '64MB',
  max_wal_size: '256MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  jit: 'off',
  log_timezone: 'UTC',
  timezone: 'UTC',
  ...(durability === 'fast' ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
}
if (stopping) process.exit(0)
const postgres = start(launch, binaries.postgres, [
  '-D',
  layout.postgres,
  ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
])
const exit = await ended(postgres)
say('postgres ended', { exit })
process.exit(stopping ? 0 : 1)

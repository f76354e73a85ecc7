/**
 * A whole installation of real processes, on which runs break things: PostgreSQL, an object store, two engines, a server
 * and two workers under supervision, a receiver of webhooks, and a proxy in every link between them.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, statfs, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { segmentFileArgs, videoEncoderArgs } from '../../../core/media/encoder-args.ts'
import { filmFormat } from '../../../core/media/format.ts'
import { findTools, runFfmpeg } from '../../../core/platform/ffmpeg.ts'
import { createObjectStore, type ObjectStore } from '../../../core/platform/objects.ts'
import { type FakeComfy, startFakeComfy } from '../../support/fake-comfyui.ts'
import {
  freePort,
  isAlive,
  type PostgresServer,
  prepareTemplate,
  type Scope,
  serverUrlOf,
  startPostgres,
} from '../../support/postgres.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'
import { type StoreServer, startStoreServer, storeOptions } from '../../support/store.ts'
import { keepHistory } from './history.ts'
import {
  ENGINES,
  type EngineName,
  type LinkName,
  type ProcessName,
  WORKERS,
  type WorkerName,
} from './plan.ts'
import { type Supervised, supervise } from './processes.ts'
import { type FaultyLink, startProxy } from './proxy.ts'
import { CREDITS_PER_SECOND, OPTIONS, SCENE_S } from './storyboards.ts'

/** Far longer than a run takes on a slow machine, short enough that a job which hangs is seen to end. */
export const JOB_TIMEOUT_S = 150
const FOLDER = 'framecast-chaos-'
const DISK_BYTES = 96 * 2 ** 20
/** Time of one of four steps of a generation: long enough for faults to strike in the middle. */
const STEP_MS = 120

export type Installation = {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** The database as the harness sees it: past every proxy. */
  readonly pool: pg.Pool
  readonly postgres: PostgresServer
  readonly store: ObjectStore
  readonly storeServer: StoreServer
  readonly engines: Readonly<Record<EngineName, FakeComfy>>
  readonly links: ReadonlyMap<LinkName, FaultyLink>
  readonly processes: Readonly<Record<ProcessName, Supervised>>
  readonly workDirs: Readonly<Record<WorkerName, string>>
  readonly receiver: Receiver
  readonly serverUrl: string
  /** Whether the disk of worker-a can be filled: that takes a file system of its own, which only root can mount. */
  readonly hasOwnDisk: boolean
  fillDisk(): Promise<void>
  emptyDisk(): Promise<void>
}

/** A clip of one scene; the two engines make different ones, so that what is made twice is not the same bytes. */
async function makeClip(folder: string, source: string, isReady: boolean): Promise<Uint8Array> {
  const format = filmFormat(OPTIONS.resolution, OPTIONS.aspect, OPTIONS.fps)
  const path = join(folder, `${source}.mp4`)
  const frames = SCENE_S * OPTIONS.fps
  // One engine delivers what a film is made of, which is taken over; the other something that has to be conformed.
  const [size, rate, encoding] = isReady
    ? [
        `${format.width}x${format.height}`,
        format.fps,
        ['-frames:v', String(frames), ...videoEncoderArgs(format, [0, frames / 2]), ...segmentFileArgs()],
      ]
    : ['640x480', 24, ['-t', '2', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']]
  await runFfmpeg(
    await findTools(process.env),
    {
      inputs: [{ lavfi: `${source}=s=${size}:r=${rate}` }],
      filter: '[0:v]setsar=1[out]',
      outputs: [{ path, options: ['-map', '[out]', ...encoding] }],
    },
    { wallMs: 60_000 },
  )
  return readFile(path)
}

/** A small file system of its own under `path`, where that may be made. */
async function mountDisk(t: Scope, path: string): Promise<boolean> {
  const run = promisify(execFile)
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'framecast-chaos', path])
  } catch {
    return false
  }
  t.teardown(() => run('umount', ['--lazy', path]))
  return true
}

async function startDatabase(t: Scope): Promise<{ postgres: PostgresServer; url: string; pool: pg.Pool }> {
  const postgres = await startPostgres({ crashSafe: true })
  t.teardown(() => postgres.close())
  await prepareTemplate(postgres.url)
  const admin = new pg.Client({ connectionString: postgres.url })
  await admin.connect()
  await admin.query('create database chaos template framecast_template')
  await admin.end()
  const address = new URL(postgres.url)
  address.pathname = '/chaos'
  const pool = new pg.Pool({
    connectionString: address.href,
    max: 6,
    connectionTimeoutMillis: 5_000,
    query_timeout: 20_000,
    application_name: 'chaos',
  })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  t.teardown(() => pool.end())
  await keepHistory(pool)
  return { postgres, url: address.href, pool }
}

/** The same address, reached through a proxy. */
function through(url: string, proxy: FaultyLink): string {
  const address = new URL(url)
  address.hostname = '127.0.0.1'
  address.port = String(proxy.port)
  return address.href.replace(/\/$/, '')
}

/** Removes what runs that were killed left behind. */
async function sweepAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = name.startsWith(FOLDER) ? Number(name.slice(FOLDER.length).split('-')[0]) : Number.NaN
    if (!Number.isInteger(owner) || isAlive(owner)) continue
    await promisify(execFile)('umount', ['--lazy', join(tmpdir(), name, 'disk-a')]).catch(() => {})
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {})
  }
}

export async function startInstallation(t: Scope): Promise<Installation> {
  await sweepAbandoned()
  const folder = await mkdtemp(join(tmpdir(), `${FOLDER}${process.pid}-`))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const workDirs = { 'worker-a': join(folder, 'disk-a'), 'worker-b': join(folder, 'disk-b') }
  for (const path of Object.values(workDirs)) await mkdir(path)
  const hasOwnDisk = await mountDisk(t, workDirs['worker-a'])

  const [{ postgres, url, pool }, storeServer, receiver] = await Promise.all([
    startDatabase(t),
    startStoreServer(),
    startReceiver(t),
  ])
  t.teardown(() => storeServer.close())
  const options = storeOptions(storeServer.url)
  const store = createObjectStore(options)
  await store.ensureBucket()

  const engines = {
    'engine-a': await startFakeComfy({ clip: await makeClip(folder, 'testsrc2', true), stepMs: STEP_MS }),
    'engine-b': await startFakeComfy({ clip: await makeClip(folder, 'smptebars', false), stepMs: STEP_MS }),
  }
  for (const engine of Object.values(engines)) t.teardown(() => engine.close())

  const links = new Map<LinkName, FaultyLink>()
  const link = async (name: LinkName, to: string): Promise<string> => {
    const { hostname, port } = new URL(to)
    const proxy = await startProxy(t, { host: hostname, port: Number(port) })
    links.set(name, proxy)
    return through(to, proxy)
  }
  const engineUrls: string[] = []
  for (const name of ENGINES) engineUrls.push(await link(`workers to ${name}`, engines[name].url))

  const port = await freePort()
  const serverUrl = `http://127.0.0.1:${port}`
  const shared = {
    DATA_KEY: Buffer.alloc(32, 7).toString('base64'),
    S3_ACCESS_KEY: options.accessKey,
    S3_SECRET_KEY: options.secretKey,
    S3_BUCKET_OUTPUTS: options.bucket,
    S3_BUCKET_SYSTEM: `${options.bucket}-system`,
    PREVIEW_URL: '',
    COMFYUI_URLS: engineUrls.join(','),
    CREDITS_MODE: 'enforce',
    CREDITS_PER_SECOND: String(CREDITS_PER_SECOND),
    JOB_TIMEOUT_SECONDS: String(JOB_TIMEOUT_S),
    WORKER_CONCURRENCY: '2',
    WEBHOOK_ALLOW_INSECURE: 'true',
    WEBHOOK_ALLOWED_CIDRS: '127.0.0.1',
    MEDIA_DELIVERY: 'proxy',
    RATE_LIMITS: 'off',
    SHUTDOWN_GRACE_SECONDS: '0',
    LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
    PORT: String(port),
    APP_BASE_URL: serverUrl,
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
  }
  const start = async (name: ProcessName): Promise<Supervised> => {
    const owner = await link(`${name} to database`, url)
    return supervise(t, name, {
      ...shared,
      DATABASE_URL: serverUrlOf(owner),
      DATABASE_OWNER_URL: owner,
      S3_ENDPOINT: await link(`${name} to store`, storeServer.url),
      ...(name === 'server' ? {} : { WORK_DIR: workDirs[name] }),
    })
  }
  const processes = {
    server: await start('server'),
    'worker-a': await start('worker-a'),
    'worker-b': await start('worker-b'),
  }
  await Promise.all(Object.values(processes).map((each) => each.atWork()))

  const filler = join(workDirs['worker-a'], 'filler')
  return {
    folder,
    env: {
      ...shared,
      DATABASE_URL: serverUrlOf(url),
      DATABASE_OWNER_URL: url,
      S3_ENDPOINT: options.endpoint,
    },
    pool,
    postgres,
    store,
    storeServer,
    engines,
    links,
    processes,
    workDirs,
    receiver,
    serverUrl,
    hasOwnDisk,
    async fillDisk() {
      const { bavail, bsize } = await statfs(workDirs['worker-a'])
      // Others write at the same time: when there is no room for the last of it, the disk is full just as well.
      await writeFile(filler, Buffer.alloc(bavail * bsize)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOSPC') throw error
      })
    },
    async emptyDisk() {
      // Removed in two steps: what was written is given back even when somebody looks at the file just now.
      if (await stat(filler).catch(() => null)) await truncate(filler)
      await rm(filler, { force: true })
    },
  }
}

/** Ends the programs of an installation in good order, before what they use is taken from under them. */
export async function stopProcesses({ processes }: Installation): Promise<void> {
  await Promise.all(Object.values(processes).map((each) => each.stop()))
}

export const workersOf = ({ processes }: Installation): Supervised[] => WORKERS.map((name) => processes[name])

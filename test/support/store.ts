/** A real S3 server for tests, file-backed. A whole run shares one (TEST_S3_URL); every caller gets its own bucket. */
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createObjectStore, type ObjectStore, type ObjectStoreOptions } from '../../core/platform/objects.ts'
import { isAlive, type Scope } from './postgres.ts'

export type StoreServer = {
  readonly url: string
  /** Ends the server at once; objects stay. */
  stop(): Promise<void>
  /** Starts it again on the same port. */
  start(): Promise<void>
  /** Ends it and removes its objects. */
  close(): Promise<void>
}

const FOLDER = 'framecast-test-s3-'

/** Removes what test processes that were killed left behind; their servers ended with them. */
async function sweepAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = name.startsWith(FOLDER) ? Number(name.slice(FOLDER.length).split('-')[0]) : Number.NaN
    if (Number.isInteger(owner) && !isAlive(owner))
      await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {})
  }
}

export async function startStoreServer(): Promise<StoreServer> {
  await sweepAbandoned()
  const directory = await mkdtemp(join(tmpdir(), `${FOLDER}${process.pid}-`))
  let child: ChildProcess | null = null
  let port = 0
  const start = async (): Promise<void> => {
    child = fork(new URL('./store-process.ts', import.meta.url), [directory, String(port)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    })
    const [message] = (await Promise.race([
      once(child, 'message', { signal: AbortSignal.timeout(20_000) }),
      once(child, 'exit').then(() => Promise.reject(new Error('the S3 server ended while starting'))),
    ])) as [{ port: number }]
    port = message.port
  }
  const stop = async (): Promise<void> => {
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    child = null
  }
  await start()
  return {
    url: `http://127.0.0.1:${port}`,
    start,
    stop,
    async close() {
      await stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

let shared: Promise<string> | null = null

function sharedServer(): Promise<string> {
  shared ??= (async () => {
    if (process.env.TEST_S3_URL) return process.env.TEST_S3_URL
    const { t } = await import('tap')
    const server = await startStoreServer()
    t.teardown(() => server.close())
    return server.url
  })()
  return shared
}

/** Options of a new bucket on the server at `url`. */
export const storeOptions = (url: string): ObjectStoreOptions => ({
  endpoint: url,
  publicEndpoint: url,
  region: 'us-east-1',
  accessKey: 'S3RVER',
  secretKey: 'S3RVER',
  pathStyle: true,
  bucket: `test-${process.pid}-${randomBytes(4).toString('hex')}`,
})

export type TestStore = { readonly options: ObjectStoreOptions; readonly store: ObjectStore }

/** A bucket of the test's own, made already. Its objects go with the server. */
export async function startStore(_t: Scope): Promise<TestStore> {
  const options = storeOptions(await sharedServer())
  const store = createObjectStore(options)
  await store.ensureBucket()
  return { options, store }
}

/** A server and a bucket of the test's own, for tests that stop the object store. */
export async function startOwnStore(t: Scope): Promise<TestStore & { server: StoreServer }> {
  const server = await startStoreServer()
  t.teardown(() => server.close())
  const options = storeOptions(server.url)
  const store = createObjectStore(options)
  await store.ensureBucket()
  return { options, store, server }
}

/**
 * The render path as real processes: preview engine (or a fake ComfyUI), workers, object store and database, for tests
 * that render and for tests that break things on the way.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { createJobService, type JobService } from '../../core/jobs/service.ts'
import { type Config, readConfig } from '../../core/platform/config.ts'
import { type Database, openDatabase } from '../../core/platform/database.ts'
import type { ObjectStore, ObjectStoreOptions } from '../../core/platform/objects.ts'
import { openStore } from '../../core/platform/store.ts'
import { BUILTIN_WORKFLOWS_DIR, loadWorkflows } from '../../core/workflows/load.ts'
import { childEnv } from './child-env.ts'
import { brokenRules, complain, freePort, type Scope, serverUrlOf, startDatabase } from './postgres.ts'
import { startStore } from './store.ts'

export type Part = {
  readonly process: ChildProcess
  /** Every line it logged, newest last; JSON lines are parsed. */
  readonly lines: { msg?: string; [key: string]: unknown }[]
  /** Resolves with the first logged line (from now or before) that fits. */
  logged(
    fits: (line: { msg?: string; [key: string]: unknown }) => boolean,
    limitMs?: number,
  ): Promise<Record<string, unknown>>
  /** Resolves when the process has ended. */
  ended(limitMs?: number): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  stop(signal?: NodeJS.Signals): Promise<void>
}

const ROOT = join(import.meta.dirname, '../..')
/** Ends a part when the test's own process is gone, however it went. */
const LEASH = new URL('../../embedded/leash.ts', import.meta.url).href

/** Starts one of our processes. It is killed at the end of the test if it still runs. */
export function startPart(t: Scope, script: string, env: Record<string, string>): Part {
  const child = spawn(process.execPath, ['--import', LEASH, join(ROOT, script)], {
    env: { ...childEnv(), ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  child.channel?.unref()
  const lines: Part['lines'] = []
  const waiters = new Set<() => void>()
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (text) => {
      let line: Part['lines'][number]
      try {
        line = JSON.parse(text)
      } catch {
        line = { msg: text }
      }
      lines.push(line)
      for (const wake of waiters) wake()
    })
  }
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const part: Part = {
    process: child,
    lines,
    logged: (fits, limitMs = 60_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiters.delete(look)
          reject(
            new Error(
              `${script} did not log what was waited for; last lines:\n${JSON.stringify(lines.slice(-15), null, 1)}`,
            ),
          )
        }, limitMs)
        const look = (): void => {
          const found = lines.find(fits)
          if (!found) return
          clearTimeout(timer)
          waiters.delete(look)
          resolve(found)
        }
        waiters.add(look)
        look()
      }),
    async ended(limitMs = 30_000) {
      const result = await Promise.race([exited, sleep(limitMs, null, { ref: false })])
      if (!result) throw new Error(`${script} did not end within ${limitMs} ms`)
      return { code: result[0], signal: result[1] }
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill(signal)
      // A stopped process takes a TERM only after it goes on.
      if (signal !== 'SIGKILL') child.kill('SIGCONT')
      await exited
    },
  }
  t.teardown(() => part.stop('SIGKILL'))
  return part
}

export type StackOptions = {
  /** Database of the test's own, when it is to be broken. */
  databaseUrl?: string
  /** Store of the test's own, when it is to be broken. */
  store?: ObjectStoreOptions
  /** Address of an engine instead of the preview engine; `kind` comfyui. */
  comfyuiUrls?: string[]
  /** True for benches, which put rows there by hand: what is left is not held to the rules of the data. */
  broken?: boolean
  /** More variables for every process. */
  env?: Record<string, string>
}

export type Stack = {
  readonly config: Config
  readonly env: Record<string, string>
  readonly db: Database
  readonly store: ObjectStore
  readonly jobs: JobService
  readonly workDir: string
  /** The preview engine's process; null with another engine. */
  readonly preview: Part | null
  startWorker(env?: Record<string, string>): Promise<Part>
  startServer(env?: Record<string, string>): Promise<{ part: Part; url: string }>
  /** Waits until the job is in a terminal status; rejects after `limitMs` with what is known. */
  finished(jobId: string, limitMs?: number): Promise<{ status: string; [column: string]: unknown }>
}

/** Database, store and engine; no worker yet. */
export async function startStack(t: Scope, options: StackOptions = {}): Promise<Stack> {
  const workDir = await mkdtemp(join(tmpdir(), 'framecast-test-'))
  t.teardown(() => rm(workDir, { recursive: true, force: true }))
  const databaseUrl = options.databaseUrl ?? (await startDatabase(t)).url
  const storeOptions = options.store ?? (await startStore(t)).options
  let preview: Part | null = null
  let previewUrl = ''
  if (!options.comfyuiUrls) {
    preview = startPart(t, 'comfyui/preview/main.ts', {
      PREVIEW_PORT: '0',
      PREVIEW_DATA_DIR: join(workDir, 'preview'),
      LOG_LEVEL: 'info',
    })
    previewUrl = String((await preview.logged((line) => typeof line.url === 'string')).url)
  }
  const env = {
    DATABASE_URL: serverUrlOf(databaseUrl),
    DATABASE_OWNER_URL: databaseUrl,
    DATA_KEY: Buffer.alloc(32, 7).toString('base64'),
    S3_ENDPOINT: storeOptions.endpoint,
    S3_ACCESS_KEY: storeOptions.accessKey,
    S3_SECRET_KEY: storeOptions.secretKey,
    S3_BUCKET_OUTPUTS: storeOptions.bucket,
    S3_BUCKET_SYSTEM: `${storeOptions.bucket}-system`,
    WORK_DIR: join(workDir, 'work'),
    PREVIEW_URL: previewUrl,
    COMFYUI_URLS: (options.comfyuiUrls ?? []).join(','),
    LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
    PORT: '0',
    MEDIA_DELIVERY: 'proxy',
    ...options.env,
  }
  const config = readConfig(env)
  const db = await openDatabase({
    url: databaseUrl,
    poolSize: 4,
    applicationName: 'test',
    statementTimeoutMs: 10_000,
  })
  t.teardown(async () => {
    // Whatever was killed, cut or frozen: what is left holds together.
    if (!options.broken) complain(await brokenRules(db.pool, ['INV-U2']))
    await db.close()
  })
  const workflows = await loadWorkflows([
    BUILTIN_WORKFLOWS_DIR,
    ...(config.WORKFLOWS_DIR ? [config.WORKFLOWS_DIR] : []),
  ])
  return {
    config,
    env,
    db,
    store: openStore(config),
    jobs: createJobService({ db, config, workflows }),
    workDir,
    preview,
    async startWorker(more = {}) {
      const worker = startPart(t, 'worker/main.ts', { ...env, ...more })
      await worker.logged((line) => line.msg === 'worker started')
      return worker
    },
    async startServer(more = {}) {
      // Links to media begin with the base address, so the port must be known before.
      const port = await freePort()
      const base = `http://127.0.0.1:${port}`
      const part = startPart(t, 'server/main.ts', { ...env, PORT: String(port), APP_BASE_URL: base, ...more })
      const { url } = await part.logged((line) => typeof line.url === 'string')
      return { part, url: String(url) }
    },
    async finished(jobId, limitMs = 90_000) {
      const deadline = performance.now() + limitMs
      for (;;) {
        const { rows } = await db.pool
          .query('select * from jobs where id = $1', [jobId])
          .catch(() => ({ rows: [{ status: 'unknown' }] }))
        const job = rows[0]
        if (job?.completed_at) return job
        if (performance.now() > deadline) {
          const steps = await db.pool.query(
            'select kind, key, state, attempt, failures, error from job_steps where job_id = $1',
            [jobId],
          )
          throw new Error(`job ${jobId} is still ${job?.status}: ${JSON.stringify(steps.rows)}`)
        }
        await sleep(100)
      }
    },
  }
}

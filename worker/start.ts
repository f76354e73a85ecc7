/** A worker: takes steps from the queue, keeps their leases, and goes away in good order. */
import { randomBytes } from 'node:crypto'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, type TaskList } from 'graphile-worker'
import pg from 'pg'
import { REPORT_CHANNEL } from '../core/jobs/engine-submissions.ts'
import type { Config } from '../core/platform/config.ts'
import { openDatabase } from '../core/platform/database.ts'
import { findTools } from '../core/platform/ffmpeg.ts'
import type { Logger } from '../core/platform/log.ts'
import { withDeadline } from '../core/platform/retry.ts'
import { openStore, openSystemStore } from '../core/platform/store.ts'
import { loadWorkflows, workflowDirs } from '../core/workflows/load.ts'
import packageJson from '../package.json' with { type: 'json' }
import type { WorkerContext } from './context.ts'
import { createEngines } from './engines/create.ts'
import { watchHosts } from './engines/host-watch.ts'
import { ReportBell } from './engines/report-bell.ts'
import { startChores } from './leases/chores.ts'
import { type Heartbeat, startHeartbeat } from './leases/heartbeat.ts'
import { ENDED_CHANNEL, listenTo } from './leases/listen-to.ts'
import { RunningSteps } from './leases/running-steps.ts'
import { startSweeper } from './leases/sweeper.ts'
import { queueLogger } from './queue-logger.ts'
import { type KeptRunner, keepRunning } from './queue-runner.ts'
import { watchStranded } from './steps/stranded.ts'
import { otherTasks, sceneTasks, voiceTasks, webhookTasks } from './tasks/task-list.ts'
import { createVoiceEngine } from './voice/create.ts'
import { openWorkDir } from './work-dir.ts'

export type RunningWorker = {
  readonly id: string
  /** Rejects when the worker can go on no longer; the process should then end and be started again. */
  readonly failed: Promise<never>
  /** Stops taking steps, hands running ones back, and closes everything within about 15 s. */
  close(): Promise<void>
}

const HEARTBEAT_MS = 5_000
/** Plans are short; two films may be composed at the same time. */
const OTHER_CONCURRENCY = 2
/** Deliveries under way at once; each webhook gets two of these places at most. */
const WEBHOOK_CONCURRENCY = 16
/** The queue's statements are short; one that nobody answers must not keep a place for good. */
const QUEUE_ANSWER_MS = 15_000
const DRAIN_LIMIT_MS = 12_000
const FIRST_LOOK_MS = 6_000

export async function startWorker(config: Config, { log }: { log: Logger }): Promise<RunningWorker> {
  const id = `${hostname()}:${process.pid}:${randomBytes(3).toString('hex')}`
  const tools = await findTools(process.env)
  const workflows = await loadWorkflows(workflowDirs(config))
  const workDir = await openWorkDir(config.WORK_DIR || join(tmpdir(), 'framecast'), (names) =>
    log.warn({ folders: names }, 'removed what killed workers left behind'),
  )
  const db = await openDatabase({
    url: config.DATABASE_OWNER_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    applicationName: 'framecast-worker',
    statementTimeoutMs: 30_000,
  })

  let giveUp: (error: Error) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    giveUp = reject
  })
  failed.catch(() => {})

  let heartbeat: Heartbeat | null = null
  const running = new RunningSteps((steps) => heartbeat?.watch(steps))
  const bell = new ReportBell()
  const context: WorkerContext = {
    config,
    db,
    store: openStore(config),
    systemStore: openSystemStore(config),
    tools,
    workflows,
    engines: createEngines({ config, workflows, tools, db: db.pool, bell, log }),
    voice: createVoiceEngine(config, tools),
    log,
    workerId: id,
    running,
    workDir: workDir.path,
  }
  heartbeat = startHeartbeat(
    {
      databaseUrl: config.DATABASE_OWNER_URL,
      workerId: id,
      host: hostname(),
      roles: config.WORKER_ROLES,
      version: packageJson.version,
      intervalMs: HEARTBEAT_MS,
    },
    {
      onLost: (ids) => running.stop('fenced', (step) => ids.includes(step.id)),
      onFence: () => running.stop('fenced'),
      onDeath: giveUp,
    },
    log,
  )
  const stopListening = listenTo(
    config.DATABASE_OWNER_URL,
    ENDED_CHANNEL,
    (jobId) => running.stop('canceled', (step) => step.jobId === jobId),
    log,
  )
  const stopHearingReports = context.engines.has('runpod')
    ? listenTo(config.DATABASE_OWNER_URL, REPORT_CHANNEL, (name) => bell.ring(name), log)
    : async () => {}
  const stopSweeper = config.WORKER_ROLES.includes('housekeeping')
    ? startSweeper(db.pool, config.JOB_TIMEOUT_SECONDS, log)
    : async () => {}
  const stopWatchingStranded = config.WORKER_ROLES.includes('housekeeping')
    ? watchStranded(context)
    : async () => {}
  const stopChores = config.WORKER_ROLES.includes('housekeeping')
    ? startChores(db.pool, log, config)
    : async () => {}

  const hostWatch = config.WORKER_ROLES.includes('scene') ? watchHosts(context.engines, db.pool, log) : null
  // Scenes are given to servers that are known; one that takes long to answer may follow.
  if (hostWatch)
    await withDeadline(hostWatch.ready, FIRST_LOOK_MS, 'engine hosts take long to answer').catch(
      (error: unknown) => log.warn({ err: error }, 'not all engine hosts were looked at'),
    )

  const queuePool = new pg.Pool({
    connectionString: config.DATABASE_OWNER_URL,
    max: config.WORKER_CONCURRENCY + config.VOICE_CONCURRENCY + OTHER_CONCURRENCY + 4,
    application_name: 'framecast-queue',
    connectionTimeoutMillis: 5_000,
    query_timeout: QUEUE_ANSWER_MS,
    keepAlive: true,
  })
  queuePool.on('error', (error) => log.warn({ err: error }, 'a queue connection was lost'))
  queuePool.on('connect', (client) =>
    client.on('error', (error) => log.warn({ err: error }, 'a queue connection was lost')),
  )
  const startRunner = (taskList: TaskList, concurrency: number): Promise<KeptRunner> =>
    keepRunning(
      () =>
        run({
          pgPool: queuePool,
          taskList,
          concurrency,
          crontab: '',
          noHandleSignals: true,
          pollInterval: 1_000,
          logger: queueLogger(log),
          // Written at once and awaited, else a step that ends during shutdown would stay locked in the queue.
          preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
        }),
      log,
    )
  const runners: KeptRunner[] = []
  const scenes = sceneTasks(context)
  const others = otherTasks(context)
  const voices = voiceTasks(context)
  const webhooks = webhookTasks(context)
  if (Object.keys(scenes).length > 0) runners.push(await startRunner(scenes, config.WORKER_CONCURRENCY))
  if (Object.keys(others).length > 0) runners.push(await startRunner(others, OTHER_CONCURRENCY))
  if (Object.keys(voices).length > 0) runners.push(await startRunner(voices, config.VOICE_CONCURRENCY))
  if (Object.keys(webhooks).length > 0) runners.push(await startRunner(webhooks, WEBHOOK_CONCURRENCY))
  log.info(
    {
      worker: id,
      tasks: [scenes, voices, others, webhooks].flatMap((list) => Object.keys(list)),
      concurrency: config.WORKER_CONCURRENCY,
    },
    'worker started',
  )

  return {
    id,
    failed,
    async close() {
      log.info('worker stopping')
      const drained = Promise.allSettled(runners.map((runner) => runner.stop()))
      running.stop('shutdown')
      await withDeadline(drained, DRAIN_LIMIT_MS, 'steps were still running').catch((error: unknown) =>
        log.warn({ err: error, steps: running.list() }, 'some steps are left to their leases'),
      )
      await stopSweeper()
      await stopChores()
      await stopWatchingStranded()
      await hostWatch?.stop()
      await stopListening()
      await stopHearingReports()
      await heartbeat?.stop()
      await Promise.allSettled([queuePool.end(), db.close()])
      await workDir.remove()
      log.info('worker stopped')
    },
  }
}

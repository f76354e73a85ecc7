/** `node server/main.ts`: the server as a process. Writes its address as a log line; SIGTERM or SIGINT ends it in order. */
import { announceSetupLink } from '../core/accounts/setup.ts'
import { ConfigError, readConfig } from '../core/platform/config.ts'
import { armFaults } from '../core/platform/faults.ts'
import { createLogger } from '../core/platform/log.ts'
import { retry } from '../core/platform/retry.ts'
import { startServer } from './start.ts'

/** Past this a stuck process is of no use to anybody: the orchestrator's own limit is 20 s. */
const EXIT_LIMIT_MS = 19_000

function config() {
  try {
    return readConfig(process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
}

const settings = config()
armFaults(settings.FAULT_PLAN)
const log = createLogger(settings.LOG_LEVEL, 'server')

for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
  process.on(event, (error: unknown) => {
    log.fatal({ err: error }, event)
    process.exit(1)
  })
}

const server = await startServer(settings, {
  log,
  timings: { graceMs: settings.SHUTDOWN_GRACE_SECONDS * 1_000 },
})
log.info({ url: server.url }, 'listening')

/** The database may still be on its way, or not be migrated yet: then the link waits for it. */
const SETUP_BUDGET_MS = 600_000
const leaving = new AbortController()
retry(() => server.createSetupLink(), { budgetMs: SETUP_BUDGET_MS, signal: leaving.signal }).then(
  (link) => link && announceSetupLink(link, log),
  (error) =>
    leaving.signal.aborted || log.warn({ err: error }, 'whether somebody has an account is not known'),
)

let going = false
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    // A second signal means: now.
    if (going) process.exit(1)
    going = true
    leaving.abort()
    setTimeout(() => process.exit(1), EXIT_LIMIT_MS).unref()
    server.close().then(
      () => process.exit(0),
      (error) => {
        log.fatal({ err: error }, 'closing failed')
        process.exit(1)
      },
    )
  })
}

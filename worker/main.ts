/** The worker process. Exits 0 after SIGTERM, 1 when it can go on no longer: let a supervisor start it again. */
import '../core/media/fonts.ts' // before sharp, wherever it comes from
import sharp from 'sharp'
import { ConfigError, readConfig } from '../core/platform/config.ts'
import { armFaults } from '../core/platform/faults.ts'
import { createLogger } from '../core/platform/log.ts'
import { startWorker } from './start.ts'

// Every picture is drawn once: a cache of them only grows. One thread: frames are the work of ffmpeg.
sharp.cache(false)
sharp.concurrency(1)

/** After this long the process ends, whatever is still open. */
const SHUTDOWN_LIMIT_MS = 20_000

async function main(): Promise<void> {
  const config = readConfig(process.env)
  armFaults(config.FAULT_PLAN)
  const log = createLogger(config.LOG_LEVEL, 'worker')
  process.on('unhandledRejection', (error) => {
    log.fatal({ err: error }, 'unhandled rejection')
    process.exit(1)
  })
  const worker = await startWorker(config, { log })
  const signal = await Promise.race([
    new Promise<string>((resolve) => {
      for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name))
    }),
    worker.failed.catch((error: unknown) => {
      log.fatal({ err: error }, 'the worker cannot go on')
      return null
    }),
  ])
  setTimeout(() => process.exit(1), SHUTDOWN_LIMIT_MS).unref()
  await worker.close()
  process.exit(signal ? 0 : 1)
}

await main().catch((error: unknown) => {
  const text = error instanceof ConfigError ? error.message : String((error as Error)?.stack ?? error)
  process.stderr.write(`${text}\n`)
  process.exit(1)
})

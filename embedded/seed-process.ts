/**
 * Makes the sounds that come with Framecast for an instance, once, beside its other work: it takes what processor time
 * nobody else wants. Stopped halfway, the next start goes on.
 */
import os from 'node:os'
import pg from 'pg'
import { seedSystemAssets } from '../core/assets/seed.ts'
import { readConfig } from '../core/platform/config.ts'
import { findTools } from '../core/platform/ffmpeg.ts'
import { createLogger } from '../core/platform/log.ts'
import { openSystemStore } from '../core/platform/store.ts'

os.setPriority(os.constants.priority.PRIORITY_LOW)
const config = readConfig(process.env)
const log = createLogger(config.LOG_LEVEL, 'sounds')
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())

const pool = new pg.Pool({
  connectionString: config.DATABASE_OWNER_URL,
  max: 1,
  connectionTimeoutMillis: 5_000,
})
pool.on('error', () => {})
try {
  const result = await seedSystemAssets({
    pool,
    store: openSystemStore(config),
    tools: await findTools(process.env),
    signal: stop.signal,
  })
  const { stored, updated, unchanged } = result
  log.info(
    { stored: stored.length, updated: updated.length, unchanged: unchanged.length },
    'sounds are there',
  )
} catch (error) {
  if (stop.signal.aborted) log.info('stopped before all sounds were made')
  else {
    log.error({ err: error }, 'the sounds could not be made')
    process.exitCode = 1
  }
} finally {
  await pool.end()
}

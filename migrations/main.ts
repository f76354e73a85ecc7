/** `node migrations/main.ts up|down|status`: an admin task; reads DATABASE_URL, and the store's settings for `up`. */
import pg from 'pg'
import { announceSetupLink, createSetupLink } from '../core/accounts/setup.ts'
import { type Config, ConfigError, readConfig } from '../core/platform/config.ts'
import { isDatabaseUnavailable } from '../core/platform/errors.ts'
import { createLogger, type Logger } from '../core/platform/log.ts'
import { ensureBuckets } from '../core/platform/store.ts'
import { ensureServerLogin, migrateDown, migrateUp, migrationStates } from './migrate.ts'

/** A new installation has no accounts: whoever migrates it is told how to make the first one. */
async function offerSetup(config: Config, log: Logger): Promise<void> {
  const pool = new pg.Pool({
    connectionString: config.DATABASE_OWNER_URL,
    max: 1,
    connectionTimeoutMillis: 5_000,
  })
  try {
    const link = await createSetupLink(pool, config)
    if (link) announceSetupLink(link, log)
  } finally {
    await pool.end()
  }
}

async function migrate(log: Logger, command: string, flag: string | undefined): Promise<number> {
  const config = readConfig(process.env)
  switch (command) {
    case 'up': {
      const names = await migrateUp(config.DATABASE_OWNER_URL)
      log.info({ migrations: names }, names.length > 0 ? 'migrated' : 'nothing to migrate')
      await ensureServerLogin(config.DATABASE_OWNER_URL, config.DATABASE_URL)
      await ensureBuckets(config)
      await offerSetup(config, log)
      return 0
    }
    case 'down': {
      const names = await migrateDown(config.DATABASE_OWNER_URL, flag === '--all')
      log.info({ migrations: names }, names.length > 0 ? 'reverted' : 'nothing to revert')
      return 0
    }
    case 'status':
      for (const state of await migrationStates(config.DATABASE_OWNER_URL)) log.info(state, 'migration')
      return 0
    default:
      log.error({ command }, 'unknown command: use up, down or status')
      return 2
  }
}

const log = createLogger(process.env.LOG_LEVEL || 'info', 'migrate')
const [command = 'status', flag] = process.argv.slice(2)
process.exitCode = await migrate(log, command, flag).catch((error: unknown) => {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`)
  else if (isDatabaseUnavailable(error)) log.error({ err: error }, 'the database does not answer')
  else log.error({ err: error }, 'the migration failed; what it had begun is rolled back')
  return 1
})

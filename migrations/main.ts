/** `node migrations/main.ts up|down|status`: an admin task; reads DATABASE_URL, and the store's settings for `up`. */
import { readConfig } from '../core/platform/config.ts'
import { createLogger } from '../core/platform/log.ts'
import { openStore } from '../core/platform/store.ts'
import { migrateDown, migrateUp, migrationStates } from './migrate.ts'

const config = readConfig(process.env)
const log = createLogger(config.LOG_LEVEL, 'migrate')
const [command = 'status', flag] = process.argv.slice(2)

switch (command) {
  case 'up': {
    const names = await migrateUp(config.DATABASE_URL)
    log.info({ migrations: names }, names.length > 0 ? 'migrated' : 'nothing to migrate')
    await openStore(config).ensureBucket()
    break
  }
  case 'down': {
    const names = await migrateDown(config.DATABASE_URL, flag === '--all')
    log.info({ migrations: names }, names.length > 0 ? 'reverted' : 'nothing to revert')
    break
  }
  case 'status':
    for (const state of await migrationStates(config.DATABASE_URL)) log.info(state, 'migration')
    break
  default:
    log.error({ command }, 'unknown command: use up, down or status')
    process.exitCode = 2
}

import { SqlFileMigration } from './sql-file-migration.ts'

/**
 * Positions of events that readers can go by. An exclusive lock on job_events for a moment. A previous release may keep
 * running beside it.
 */
export class Migration20261126000006_positions extends SqlFileMigration {
  override readonly file = '0006_positions'
}

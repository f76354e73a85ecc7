import { SqlFileMigration } from './sql-file-migration.ts'

/**
 * Queue tasks around teams, and what happens to a balance and to work whose team goes. New functions and triggers, and
 * two checks of credit_entries: a short exclusive lock. A previous release may keep running beside it.
 */
export class Migration20261126000004_teams extends SqlFileMigration {
  override readonly file = '0004_teams'
}

import { SqlFileMigration } from './sql-file-migration.ts'

/**
 * Accounts, teams, projects, webhooks, audit, and who may see which row. New tables, new columns' checks and foreign keys
 * on tables of 0001: those take a short exclusive lock. A previous release may keep running beside it as the owner role.
 */
export class Migration20261125000002_studio extends SqlFileMigration {
  override readonly file = '0002_studio'
}

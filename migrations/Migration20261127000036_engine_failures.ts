import { SqlFileMigration } from './sql-file-migration.ts'

/** A new column with a default; the previous release may keep running. */
export class Migration20261127000036_engine_failures extends SqlFileMigration {
  override readonly file = '0036_engine_failures'
}

import { SqlFileMigration } from './sql-file-migration.ts'

/** New columns, functions, triggers and a table. Two indexes lock writers for a moment; the previous release may keep running. */
export class Migration20261127000023_made_once extends SqlFileMigration {
  override readonly file = '0023_made_once'
}

import { SqlFileMigration } from './sql-file-migration.ts'

/** Columns that may be empty; the previous release may keep running. The table is locked for a moment. */
export class Migration20261127000030_delivery_log extends SqlFileMigration {
  override readonly file = '0030_delivery_log'
}

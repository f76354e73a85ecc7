import { SqlFileMigration } from './sql-file-migration.ts'

/** A new table that a trigger keeps; the previous release may keep running. */
export class Migration20261127000032_asset_usage extends SqlFileMigration {
  override readonly file = '0032_asset_usage'
}

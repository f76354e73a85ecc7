import { SqlFileMigration } from './sql-file-migration.ts'

/** A new column that may be null; the previous release may keep running. */
export class Migration20261127000035_system_peaks extends SqlFileMigration {
  override readonly file = '0035_system_peaks'
}

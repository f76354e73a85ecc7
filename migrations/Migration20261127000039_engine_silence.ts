import { SqlFileMigration } from './sql-file-migration.ts'

/** A new column that may be empty; the previous release may keep running. */
export class Migration20261127000039_engine_silence extends SqlFileMigration {
  override readonly file = '0039_engine_silence'
}

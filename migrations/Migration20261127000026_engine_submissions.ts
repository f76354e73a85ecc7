import { SqlFileMigration } from './sql-file-migration.ts'

/** A table nobody knew before: the previous release may keep running. */
export class Migration20261127000026_engine_submissions extends SqlFileMigration {
  override readonly file = '0026_engine_submissions'
}

import { SqlFileMigration } from './sql-file-migration.ts'

/** A wider check. Reads the table once under a lock; the previous release may keep running. */
export class Migration20261127000020_step_kinds extends SqlFileMigration {
  override readonly file = '0020_step_kinds'
}

import { SqlFileMigration } from './sql-file-migration.ts'

/** A function with one more parameter, which has a default, and an index over failed uploads. Nothing waits for long. */
export class Migration20261126000005_late_removal extends SqlFileMigration {
  override readonly file = '0005_late_removal'
}

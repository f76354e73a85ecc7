import { SqlFileMigration } from './sql-file-migration.ts'

/** A new table; the previous release may keep running. */
export class Migration20261127000029_sound_levels extends SqlFileMigration {
  override readonly file = '0029_sound_levels'
}

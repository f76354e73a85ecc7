import { SqlFileMigration } from './sql-file-migration.ts'

/** Facts about the servers of an engine. A new table: a previous release may keep running beside it. */
export class Migration20261127000010_engine_hosts extends SqlFileMigration {
  override readonly file = '0010_engine_hosts'
}

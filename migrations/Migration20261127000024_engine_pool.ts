import { SqlFileMigration } from './sql-file-migration.ts'

/** Servers as one pool for all workers. New columns only: a previous release may keep running beside it. */
export class Migration20261127000024_engine_pool extends SqlFileMigration {
  override readonly file = '0024_engine_pool'
}

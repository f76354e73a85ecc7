import { SqlFileMigration } from './sql-file-migration.ts'

/** People, keys, jobs, steps, events, credits, assets. New tables: a previous release may keep running beside it. */
export class Migration20261121000001_core extends SqlFileMigration {
  override readonly file = '0001_core'
}

import { SqlFileMigration } from './sql-file-migration.ts'

/** A column for tickets. Locks them for a moment; the previous release may keep running. */
export class Migration20261127000012_ticket_tokens extends SqlFileMigration {
  override readonly file = '0012_ticket_tokens'
}

import { SqlFileMigration } from './sql-file-migration.ts'

/**
 * Triggers that refuse a change of state say so as a conflict, and leave fewer ways around them. Locks api_keys,
 * invitations, jobs, memberships, users and system_assets against writers for a moment. A previous release may keep
 * running beside it.
 */
export class Migration20261127000011_refusals extends SqlFileMigration {
  override readonly file = '0011_refusals'
}

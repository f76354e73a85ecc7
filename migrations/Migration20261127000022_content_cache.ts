import { SqlFileMigration } from './sql-file-migration.ts'

/**
 * The cache of clips becomes the cache of all stages; what it holds is carried over. Rewrites the table under a lock:
 * workers of the previous release must not run beside it.
 */
export class Migration20261127000022_content_cache extends SqlFileMigration {
  override readonly file = '0022_content_cache'
}

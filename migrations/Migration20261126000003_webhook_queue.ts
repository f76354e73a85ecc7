import { SqlFileMigration } from './sql-file-migration.ts'

/** An index for deliveries that wait. Writers of deliveries wait while it is built. */
export class Migration20261126000003_webhook_queue extends SqlFileMigration {
  override readonly file = '0003_webhook_queue'
}

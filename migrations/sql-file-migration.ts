/** A migration whose work is plain SQL in two files beside it: `<file>.up.sql` and `<file>.down.sql`. */
import { readFileSync } from 'node:fs'
import { Migration } from '@mikro-orm/migrations'

export abstract class SqlFileMigration extends Migration {
  /** Name of the two files without their endings. */
  abstract readonly file: string

  override up(): void {
    this.addSql(this.#read('up'))
  }

  override down(): void {
    this.addSql(this.#read('down'))
  }

  #read(direction: 'up' | 'down'): string {
    return readFileSync(new URL(`${this.file}.${direction}.sql`, import.meta.url), 'utf8')
  }
}

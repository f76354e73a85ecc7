/** Entities are written by hand beside the SQL; this holds the two together. */
import t from 'tap'
import { openDatabase } from '../../core/platform/database.ts'
import { migrateDown, migrateUp, migrationStates } from '../../migrations/migrate.ts'
import { startDatabase } from '../support/postgres.ts'

const { url, pool } = await startDatabase(t)

t.test('every mapped column is there, with the same nullability', async (t) => {
  const db = await openDatabase({ url, poolSize: 2, applicationName: 'test', statementTimeoutMs: 5_000 })
  t.teardown(() => db.close())
  const { rows } = await pool.query<{ table_name: string; column_name: string; is_nullable: string }>(
    `select table_name, column_name, is_nullable from information_schema.columns where table_schema = 'public'`,
  )
  const columns = new Map(
    rows.map((row) => [`${row.table_name}.${row.column_name}`, row.is_nullable === 'YES']),
  )
  const entities = [...db.orm.getMetadata().getAll().values()]
  t.ok(entities.length >= 5, 'there are entities to hold')
  for (const meta of entities) {
    const mapped = new Set<string>()
    for (const property of Object.values(meta.properties)) {
      const name = `${meta.tableName}.${property.fieldNames[0]}`
      mapped.add(name)
      t.ok(columns.has(name), `${name} exists`)
      t.equal(
        Boolean(property.nullable),
        columns.get(name),
        `${name} is ${property.nullable ? '' : 'not '}nullable`,
      )
    }
    const unmapped = [...columns.keys()].filter(
      (name) => name.startsWith(`${meta.tableName}.`) && !mapped.has(name),
    )
    t.strictSame(unmapped, [], `every column of ${meta.tableName} is mapped`)
  }
})

t.test('migrations go up, all the way down, and up again', async (t) => {
  const { url } = await startDatabase(t, { empty: true })
  const names = await migrateUp(url)
  t.ok(names.length > 0)
  t.strictSame(await migrateUp(url), [], 'a second run has nothing to do')
  t.equal((await migrateDown(url, true)).length, names.length)
  t.ok((await migrationStates(url)).every((state) => state.executedAt === null))
  t.equal((await migrateUp(url)).length, names.length)
})

t.test('two processes that migrate at once do it once', async (t) => {
  const { url } = await startDatabase(t, { empty: true })
  const ran = await Promise.all([migrateUp(url), migrateUp(url)])
  t.equal(ran.flat().length, (await migrationStates(url)).length)
})

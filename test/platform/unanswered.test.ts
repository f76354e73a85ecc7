/** A database whose far end vanishes without a word: nobody waits for good, and the next connection is a new one. */
import t from 'tap'
import { openDatabase, transaction } from '../../core/platform/database.ts'
import { isDatabaseUnavailable } from '../../core/platform/errors.ts'
import { startProxy } from '../faults/chaos/proxy.ts'
import { startDatabase } from '../support/postgres.ts'

t.setTimeout(120_000)
const { url } = await startDatabase(t)
const address = new URL(url)
const link = await startProxy(t, { host: address.hostname, port: Number(address.port) })
address.port = String(link.port)
const db = await openDatabase({
  url: address.href,
  poolSize: 2,
  applicationName: 'test',
  statementTimeoutMs: 200,
})
t.teardown(() => db.close())

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  )

t.test('a query', async (t) => {
  await db.pool.query('select 1')
  link.halfOpen()
  t.ok(isDatabaseUnavailable(await failure(db.pool.query('select 1'))))
  t.equal((await db.pool.query('select 2 as n')).rows[0].n, 2, 'the next one has an answer')
})

t.test('a transaction, in the middle', async (t) => {
  const error = await failure(
    transaction(db.pool, async (client) => {
      await client.query('select 1')
      link.halfOpen()
      await client.query('select 1')
    }),
  )
  t.ok(isDatabaseUnavailable(error), String(error))
  t.equal(db.pool.totalCount, 0, 'its connection is thrown away')
  t.equal(await transaction(db.pool, async (client) => (await client.query('select 3 as n')).rows[0].n), 3)
})

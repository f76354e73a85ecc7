import { t } from 'tap'
import { startDatabase, startOwnPostgres } from './postgres.ts'
import { startOwnStore, startStore } from './store.ts'

t.test('every test has a migrated database of its own', async (t) => {
  const [one, other] = await Promise.all([startDatabase(t), startDatabase(t)])
  t.not(one.url, other.url)
  await one.pool.query("insert into users (id, email) values (gen_random_uuid(), 'only@here.example')")
  const { rows } = await other.pool.query("select 1 from users where email = 'only@here.example'")
  t.equal(rows.length, 0)
  const queue = await other.pool.query(
    "select to_regclass('graphile_worker._private_jobs') is not null as there",
  )
  t.ok(queue.rows[0].there, 'the queue is installed')
})

t.test('a server of its own can be stopped and started', async (t) => {
  const { pool, server } = await startOwnPostgres(t)
  await pool.query('select 1')
  await server.stop()
  await t.rejects(pool.query('select 1'))
  await server.start()
  t.equal((await pool.query('select count(*)::int as n from users')).rows[0].n, 1)
})

t.test('every test has a bucket of its own', async (t) => {
  const [one, other] = await Promise.all([startStore(t), startStore(t)])
  await one.store.putBytes('a/b', Buffer.from('picture'), 'image/png', AbortSignal.timeout(5_000))
  t.match(await one.store.stat('a/b'), { sizeBytes: 7, contentType: 'image/png' })
  t.equal(await other.store.stat('a/b'), null)
})

t.test('a store of its own can be stopped and started', async (t) => {
  const { store, server } = await startOwnStore(t)
  await store.putBytes('k', Buffer.from('kept'), 'text/plain', AbortSignal.timeout(5_000))
  await server.stop()
  await t.rejects(store.stat('k'))
  await server.start()
  t.match(await store.stat('k'), { sizeBytes: 4 })
})

import { once } from 'node:events'
import http from 'node:http'
import { t } from 'tap'
import { openDatabase } from '../../core/platform/database.ts'
import { buildKey } from '../support/builders.ts'
import { freePort, startDatabase, startOwnPostgres } from '../support/postgres.ts'
import { startPart } from '../support/stack.ts'
import { startStore } from '../support/store.ts'
import { aStoryboard, read, startStudio, studioEnv, until, type WireError } from '../support/studio.ts'
import { cancel, connect, newJob } from './events.ts'

t.test('while the database is down every answer is 503, and the server lives', async (t) => {
  const own = await startOwnPostgres(t)
  const studio = await startStudio(t, { database: own })
  const job = await newJob(studio)
  await own.server.stop()
  const operations: [string, string, object?][] = [
    ['GET', '/health'],
    ['GET', '/ready'],
    ['GET', '/v1/jobs'],
    ['GET', `/v1/jobs/${job}`],
    ['GET', `/v1/jobs/${job}/events`],
    ['POST', `/v1/jobs/${job}/cancel`],
    ['POST', '/v1/generate', { spec: aStoryboard() }],
    ['POST', '/v1/ws/tickets'],
    ['GET', '/v1/assets'],
  ]
  for (const [method, path, json] of operations) {
    const reply = await read<WireError>(studio.request(path, { method, ...(json && { json }) }))
    t.match(
      reply,
      { status: 503, body: { error: { code: 'SERVICE_UNAVAILABLE', reason: 'database_unavailable' } } },
      `${method} ${path}`,
    )
    t.ok(reply.headers.get('retry-after'))
    t.notMatch(JSON.stringify(reply.body), /ECONN|127\.0\.0\.1|postgres:/, 'without internals')
  }
  t.equal((await studio.request('/')).status, 200)
  await t.rejects(connect(t, studio).opened(), /503/)
  await own.server.start()
  await until(async () => (await studio.request('/ready')).status === 200, 'ready again', 15_000)
  t.match(await read(studio.request(`/v1/jobs/${job}`)), { status: 200, body: { id: job } })
  t.notOk(studio.lines.some((line) => line.msg === 'unexpected failure'))
})

t.test('a database that is not migrated is not ready', async (t) => {
  const ready = await startStudio(t)
  t.equal((await ready.request('/ready')).status, 200)
  await ready.pool.query('drop table audit_entries')
  t.match(await read(ready.request('/ready')), { status: 503, body: { error: { reason: 'not_migrated' } } })
  t.equal((await ready.request('/health')).status, 200)
})

t.test('a failure nobody expected is 500 with an id, and nothing else', async (t) => {
  const studio = await startStudio(t)
  await studio.pool.query('alter table jobs rename column owner to something_else')
  const reply = await read<WireError>(studio.request('/v1/jobs', { headers: { 'x-request-id': 'odd-1' } }))
  t.match(reply, { status: 500, body: { error: { code: 'DATABASE_ERROR', message: /odd-1/ } } })
  t.notMatch(JSON.stringify(reply.body), /column|select|something_else/)
  t.ok(
    studio.lines.some((line) => line.msg === 'unexpected failure' && line.request_id === 'odd-1'),
    'the log has it all',
  )
})

t.test('a handler that takes too long is answered for', async (t) => {
  const studio = await startStudio(t, { timings: { handlerMs: 300 } })
  const client = await studio.pool.connect()
  await client.query('begin')
  await client.query('lock table jobs in access exclusive mode')
  const reply = await read(studio.request('/v1/jobs'))
  t.match(reply, { status: 503, body: { error: { code: 'SERVICE_UNAVAILABLE', reason: 'deadline' } } })
  await client.query('rollback')
  client.release()
  t.equal((await studio.request('/v1/jobs')).status, 200)
})

t.test('a statement that takes too long is 503, not 500', async (t) => {
  const database = await startDatabase(t)
  const db = await openDatabase({
    url: database.url,
    poolSize: 2,
    applicationName: 'test',
    statementTimeoutMs: 100,
  })
  t.teardown(() => db.close())
  const { toReply } = await import('../../server/problems.ts')
  const error = await db.pool.query('select pg_sleep(5)').then(
    () => null,
    (thrown) => thrown,
  )
  t.match(toReply(error, 'r'), {
    status: 503,
    unexpected: false,
    body: { error: { reason: 'database_busy' } },
  })
})

t.test('what the constraints catch is the caller’s fault, not ours', async (t) => {
  const database = await startDatabase(t)
  const { toReply } = await import('../../server/problems.ts')
  const fail = (sql: string) => database.pool.query(sql).catch((error) => toReply(error, 'r'))
  const insert = `insert into users (id, email) values ('01890a5d-ac96-774b-bcce-b302099a8057', 'a@b.example')`
  await database.pool.query(insert)
  t.match(await fail(insert), { status: 409, body: { error: { code: 'CONFLICT' } }, unexpected: false })
  t.match(await fail(`update users set credits = -1`), {
    status: 400,
    body: { error: { code: 'VALIDATION_ERROR' } },
  })
  t.match(await fail(`select 'x'::int`), { status: 400 })
  t.match(await fail('select nonsense'), { status: 500, unexpected: true })
})

t.test('the process', async (t) => {
  const [database, store, port] = await Promise.all([startDatabase(t), startStore(t), freePort()])
  const env = studioEnv(database, store.options, port)
  const { rawKey, principal } = await buildKey(database.pool)
  const studio = { ...database, url: env.APP_BASE_URL!, key: rawKey, userId: principal.userId }

  t.test('says what is missing and ends when it cannot be configured', async (t) => {
    const part = startPart(t, 'server/main.ts', { DATABASE_URL: 'mysql://x:secret-word@y/z' })
    t.match(await part.ended(), { code: 2 })
    const said = JSON.stringify(part.lines)
    for (const name of ['DATABASE_URL', 'DATA_KEY', 'S3_ENDPOINT']) t.match(said, name)
    t.notMatch(said, 'secret-word')
  })

  t.test('ends when the port is taken', async (t) => {
    const holder = http.createServer().listen(port, '127.0.0.1')
    await once(holder, 'listening')
    const part = startPart(t, 'server/main.ts', env)
    t.match(await part.ended(), { code: 1 })
    holder.close()
    await once(holder, 'close')
  })

  t.test('SIGTERM: not ready, still serving, requests finished, streams ended, gone', async (t) => {
    const part = startPart(t, 'server/main.ts', { ...env, SHUTDOWN_GRACE_SECONDS: '1' })
    t.match(await part.logged((line) => line.msg === 'listening'), { url: env.APP_BASE_URL })
    const get = (path: string) =>
      fetch(`${studio.url}${path}`, { headers: { authorization: rawKey, connection: 'close' } })
    const job = await newJob(studio as never)
    const socket = await connect(t, studio as never).opened()
    await socket.subscribe(job, 0)
    const stream = await get(`/v1/jobs/${job}/events`)
    const streamed = stream.text()

    part.process.kill('SIGTERM')
    await until(async () => (await get('/ready')).status === 503, 'not ready')
    t.equal((await get('/health')).status, 200, 'but alive')
    t.equal((await get(`/v1/jobs/${job}`)).status, 200, 'and serving')
    t.equal(socket.closed, null)

    // A request that is on its way when the server stops listening is still answered.
    const slow = http.request(`${studio.url}/v1/spec/validate`, {
      method: 'POST',
      headers: { authorization: rawKey, 'content-type': 'application/json', connection: 'close' },
    })
    const answer = once(slow, 'response') as Promise<[http.IncomingMessage]>
    const body = JSON.stringify({ spec: aStoryboard() })
    slow.write(body.slice(0, 10))
    t.equal((await socket.end()).code, 1001)
    await t.rejects(get('/'), 'nobody listens any more')
    slow.end(body.slice(10))
    t.equal((await answer)[0].statusCode, 200)
    t.match(await streamed, /: reconnect\n\n$/)
    t.match(await part.ended(20_000), { code: 0, signal: null })
    await cancel(database.pool, job, studio.userId)
  })

  t.test('SIGKILL around an acceptance: all of a job, or none', async (t) => {
    const before = (await database.pool.query('select count(*)::int as n from jobs')).rows[0].n
    for (const delayMs of [0, 5, 20]) {
      const part = startPart(t, 'server/main.ts', env)
      await part.logged((line) => line.msg === 'listening')
      const send = () =>
        fetch(`${studio.url}/v1/generate`, {
          method: 'POST',
          headers: {
            authorization: rawKey,
            'content-type': 'application/json',
            'idempotency-key': `kill-${delayMs}`,
          },
          body: JSON.stringify({ spec: aStoryboard(), options: { engine: 'preview' } }),
        })
      const first = send().catch(() => null)
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      await part.stop('SIGKILL')
      await first
      const again = startPart(t, 'server/main.ts', env)
      await again.logged((line) => line.msg === 'listening')
      const reply = await send()
      t.ok([200, 201].includes(reply.status), `status ${reply.status}`)
      const { id } = (await reply.json()) as { id: string }
      const { rows } = await database.pool.query(
        `select (select count(*)::int from job_events where job_id = $1) as events,
                (select count(*)::int from job_steps where job_id = $1) as steps,
                (select count(*)::int from credit_entries where job_id = $1) as entries,
                (select count(*)::int from graphile_worker._private_jobs q join job_steps s on q.key = 'step:' || s.id where s.job_id = $1) as bells`,
        [id],
      )
      t.strictSame(rows[0], { events: 1, steps: 1, entries: 1, bells: 1 })
      await cancel(database.pool, id, studio.userId)
      await again.stop('SIGKILL')
    }
    const after = (await database.pool.query('select count(*)::int as n from jobs')).rows[0].n
    t.equal(after - before, 3, 'one job a key')
  })
})

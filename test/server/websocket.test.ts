import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect as dial } from 'node:net'
import { t } from 'tap'
import { createApiKey, revokeApiKey } from '../../core/accounts/keys.ts'
import { createWatchLink, revokeWatchLink } from '../../core/jobs/watch-links.ts'
import { buildJob, buildKey, buildMember, buildTeam, buildUser } from '../support/builders.ts'
import { startOwnPostgres } from '../support/postgres.ts'
import { read, type Studio, startStudio, until } from '../support/studio.ts'
import {
  type Client,
  cancel,
  connect,
  expire,
  type Message,
  newJob,
  range,
  write,
  writeMany,
} from './events.ts'

/** Status and body with which a handshake was refused. */
async function refused(client: Client): Promise<{ status: number; body: { error: { code: string } } }> {
  const [, response] = (await once(client.socket, 'unexpected-response')) as [unknown, IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode ?? 0, body: JSON.parse(text) }
}

const watchToken = async (studio: Studio, job: string) =>
  createWatchLink(studio.pool, { jobId: job, createdBy: studio.userId, expiresInS: 60 })

t.test('the handshake', async (t) => {
  const studio = await startStudio(t)
  const job = await newJob(studio)
  const ticket = async () =>
    (await read<{ ticket: string }>(studio.request('/v1/ws/tickets', { method: 'POST' }))).body.ticket

  t.test('a credential by header, subprotocol, ticket, watch link or cookie', async (t) => {
    const { token } = await watchToken(studio, job)
    const cookie = `fc_session=${await studio.logIn(studio)}`
    const ways: [string, Parameters<typeof connect>[2]][] = [
      ['header', {}],
      ['bare key', { headers: { authorization: studio.key } }],
      ['bearer subprotocol', { headers: {}, protocols: ['framecast.v1', `bearer.${studio.key}`] }],
      ['ticket', { headers: {}, query: `?ticket=${await ticket()}` }],
      ['watch subprotocol', { headers: {}, protocols: ['framecast.v1', `watch.${token}`] }],
      ['watch header', { headers: { authorization: `Watch ${token}` } }],
      ['cookie', { headers: { cookie, origin: studio.config.APP_BASE_URL } }],
    ]
    for (const [way, options] of ways) {
      const client = await connect(t, studio, options).opened()
      t.equal(client.socket.protocol, 'framecast.v1', `${way}: only our own name is said back`)
      t.match(await client.subscribe(job), { type: 'ack', subscribed: true, last_sequence: 1 }, way)
      client.socket.terminate()
    }
    const silent = await connect(t, studio, { protocols: [] }).opened()
    t.equal(silent.socket.protocol, '')
  })

  t.test('the first credential found counts, even when a later one is good', async (t) => {
    const good = `bearer.${studio.key}`
    t.match(
      await refused(
        connect(t, studio, {
          headers: { authorization: 'Bearer sk_live_no' },
          protocols: ['framecast.v1', good],
        }),
      ),
      {
        status: 401,
        body: { error: { code: 'INVALID_API_KEY' } },
      },
    )
    t.match(
      await refused(
        connect(t, studio, {
          headers: {},
          protocols: ['framecast.v1', 'bearer.nonsense'],
          query: `?ticket=${await ticket()}`,
        }),
      ),
      {
        status: 401,
        body: { error: { code: 'INVALID_TOKEN' } },
      },
    )
  })

  t.test('a cookie that a page of another origin uses opens nothing', async (t) => {
    const cookie = `fc_session=${await studio.logIn(studio)}`
    for (const headers of [{ cookie }, { cookie, origin: 'https://evil.example' }] as Record<
      string,
      string
    >[])
      t.match(await refused(connect(t, studio, { headers })), {
        status: 403,
        body: { error: { code: 'AUTHORIZATION_ERROR' } },
      })
  })

  t.test('refusals', async (t) => {
    t.match(await refused(connect(t, studio, { headers: {} })), {
      status: 401,
      body: { error: { code: 'MISSING_AUTHORIZATION' } },
    })
    t.match(await refused(connect(t, studio, { headers: { authorization: 'Basic x' } })), {
      status: 401,
      body: { error: { code: 'INVALID_AUTHORIZATION' } },
    })
    t.match(
      await refused(connect(t, studio, { headers: {}, protocols: ['framecast.v1', 'watch.nothing'] })),
      { status: 401 },
    )
    const used = await ticket()
    await connect(t, studio, { headers: {}, query: `?ticket=${used}` }).opened()
    t.match(
      await refused(connect(t, studio, { headers: {}, query: `?ticket=${used}` })),
      { status: 401 },
      'a ticket is good once',
    )
    const late = await ticket()
    await studio.pool.query(`update ws_tickets set expires_at = now() - interval '1 second'`)
    t.match(
      await refused(connect(t, studio, { headers: {}, query: `?ticket=${late}` })),
      { status: 401 },
      'and for 30 seconds',
    )
    t.notMatch(JSON.stringify(studio.lines), late, 'tickets stay out of the log')
    const elsewhere = new URL(studio.url)
    const socket = dial(Number(elsewhere.port), elsewhere.hostname)
    socket.write('GET /v1/nope HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    const [reply] = await once(socket, 'data')
    t.match(String(reply), /^HTTP\/1.1 404 /)
    socket.destroy()
  })

  t.test('ten sockets a caller', async (t) => {
    const { rawKey } = await buildKey(studio.pool)
    const headers = { authorization: rawKey }
    const clients = await Promise.all(range(1, 10).map(() => connect(t, studio, { headers }).opened()))
    t.match(await refused(connect(t, studio, { headers })), {
      status: 429,
      body: { error: { code: 'RATE_LIMIT_EXCEEDED', retryAfter: Number } },
    })
    clients[0]!.socket.close()
    await clients[0]!.end()
    await until(async () => {
      const client = connect(t, studio, { headers })
      return client.opened().then(
        () => true,
        () => false,
      )
    }, 'a place given back')
  })
})

t.test('subscriptions', async (t) => {
  const studio = await startStudio(t)

  t.test('an event comes as it is stored', async (t) => {
    const job = await newJob(studio)
    const client = await connect(t, studio).opened()
    t.strictSame(await client.ask({ type: 'subscribe', id: 'a', channel: `job:${job}` }), {
      type: 'ack',
      id: 'a',
      channel: `job:${job}`,
      subscribed: true,
      last_sequence: 1,
    })
    await write(studio.pool, job, 'progress', {
      percent: 12.5,
      previews: [{ scene_id: 's', key: 'p/1.png', generated_at: 'x' }],
    })
    const event = await client.got(job, 2)
    const { rows } = await studio.pool.query(
      'select position, created_at from job_events where job_id = $1 and sequence = 2',
      [job],
    )
    t.match(event.payload, {
      percent: 12.5,
      previews: [{ scene_id: 's', url: new RegExp(`^${studio.url}/media/p/1.png`) }],
    })
    t.match(event, {
      type: 'event',
      channel: `job:${job}`,
      job_id: job,
      sequence: 2,
      position: Number(rows[0].position),
      event_type: 'progress',
      created_at: rows[0].created_at.toISOString(),
    })
    t.strictSame(client.sequences(job), [2], 'without `after` only what is new')
  })

  t.test('ack, then what was missed, then what comes, without gap or repetition', async (t) => {
    const job = await newJob(studio)
    await writeMany(studio.pool, job, 300)
    const client = await connect(t, studio).opened()
    // Events keep coming while the replay is under way.
    const writing = (async () => {
      for (let n = 0; n < 60; n += 1) await write(studio.pool, job)
    })()
    await client.subscribe(job, 1)
    await writing
    await cancel(studio.pool, job, studio.userId)
    await client.got(job, 362)
    t.strictSame(client.sequences(job), range(2, 362))
    t.equal(client.messages[0]?.type, 'ack')
  })

  t.test('two viewers, one feed, each from its own place', async (t) => {
    const job = await newJob(studio)
    await writeMany(studio.pool, job, 9)
    const [one, other] = await Promise.all([connect(t, studio).opened(), connect(t, studio).opened()])
    await one.subscribe(job, 0)
    await other.subscribe(job, 8)
    await write(studio.pool, job)
    await Promise.all([one.got(job, 11), other.got(job, 11)])
    t.strictSame(one.sequences(job), range(1, 11))
    t.strictSame(other.sequences(job), range(9, 11))
  })

  t.test('subscribing again starts anew', async (t) => {
    const job = await newJob(studio)
    await writeMany(studio.pool, job, 2)
    const client = await connect(t, studio).opened()
    await client.subscribe(job, 0)
    await client.got(job, 3)
    client.messages.length = 0
    await client.subscribe(job, 1)
    await write(studio.pool, job)
    await client.got(job, 4)
    t.strictSame(client.sequences(job), [2, 3, 4])
  })

  t.test('unsubscribing ends it; answers come in order', async (t) => {
    const job = await newJob(studio)
    const client = await connect(t, studio).opened()
    client.say({ type: 'subscribe', id: '1', channel: `job:${job}` })
    client.say({ type: 'unsubscribe', id: '2', channel: `job:${job}` })
    client.say({ type: 'ping', id: '3' })
    await client.wait(() => client.messages.find((message) => message.id === '3'), 'pong')
    t.match(client.messages, [
      { type: 'ack', id: '1', subscribed: true },
      { type: 'ack', id: '2', subscribed: false },
      { type: 'pong', id: '3', time: /Z$/ },
    ])
    await write(studio.pool, job)
    t.match(
      await client.ask({ type: 'unsubscribe', id: '4', channel: `job:${job}` }),
      { type: 'ack', subscribed: false },
      'also when there is none',
    )
    t.strictSame(client.sequences(job), [])
  })

  t.test('what cannot be replayed is gone', async (t) => {
    const job = await newJob(studio)
    await writeMany(studio.pool, job, 4)
    await expire(studio.pool, job, 3)
    const client = await connect(t, studio).opened()
    t.match(await client.subscribe(job, 2), { type: 'error', code: 'GONE', channel: `job:${job}` })
    t.match(await client.subscribe(job, 0), { type: 'error', code: 'GONE' })
    t.match(await client.subscribe(job, 3), { type: 'ack' })
    await client.got(job, 5)
    t.strictSame(client.sequences(job), [4, 5])
    t.match(await client.subscribe(job), { type: 'ack', last_sequence: 5 })
    await expire(studio.pool, job, 5)
    t.match(await client.subscribe(job, 4), { type: 'error', code: 'GONE' }, 'none is stored at all')
    t.match(await client.subscribe(job, 5), { type: 'ack' }, 'nothing was missed')
  })

  t.test('a thousand events are replayed, one more is not', async (t) => {
    const job = await newJob(studio)
    await writeMany(studio.pool, job, 1_000)
    const client = await connect(t, studio).opened()
    t.match(await client.subscribe(job, 0), { type: 'error', code: 'GONE' })
    await client.subscribe(job, 1)
    await client.got(job, 1_001)
    t.strictSame(client.sequences(job), range(2, 1_001))
  })

  t.test('who may subscribe to what', async (t) => {
    const job = await newJob(studio)
    const other = await newJob(studio)
    const missing = '01890a5d-ac96-774b-bcce-b302099a8057'
    const client = await connect(t, studio).opened()
    for (const channel of [`job:${missing}`, `project:${missing}`, `team:${missing}`])
      t.match(await client.ask({ type: 'subscribe', id: 'x', channel }), {
        type: 'error',
        id: 'x',
        code: 'NOT_FOUND',
        channel,
      })
    const stranger = await connect(t, studio, {
      headers: { authorization: (await buildKey(studio.pool)).rawKey },
    }).opened()
    t.match(await stranger.subscribe(job), { type: 'error', code: 'NOT_FOUND' })
    const { rawKey } = await createApiKey(studio.pool, {
      userId: studio.userId,
      name: 'narrow',
      scopes: ['generate'],
    })
    const narrow = await connect(t, studio, { headers: { authorization: rawKey } }).opened()
    t.match(await narrow.subscribe(job), { type: 'error', code: 'FORBIDDEN' })
    t.match(await narrow.ask({ type: 'subscribe', id: 'y', channel: `team:${missing}` }), {
      code: 'FORBIDDEN',
    })
    const { token } = await watchToken(studio, job)
    const watcher = await connect(t, studio, {
      headers: {},
      protocols: ['framecast.v1', `watch.${token}`],
    }).opened()
    t.match(await watcher.subscribe(job, 0), { type: 'ack' })
    t.match(await watcher.subscribe(other), { type: 'error', code: 'NOT_FOUND' })
    t.match(await watcher.ask({ type: 'subscribe', id: 'z', channel: `project:${missing}` }), {
      code: 'FORBIDDEN',
    })
  })

  t.test('fifty channels a socket', async (t) => {
    const jobs: string[] = []
    for (let n = 0; n < 51; n += 1) {
      const job = await newJob(studio)
      await cancel(studio.pool, job, studio.userId)
      jobs.push(job)
    }
    const client = await connect(t, studio).opened()
    for (const [n, job] of jobs.slice(0, 50).entries()) {
      t.match(await client.subscribe(job), { type: 'ack' })
      // Not faster than anybody may.
      if (n % 15 === 14) await new Promise((resolve) => setTimeout(resolve, 1_050))
    }
    t.match(await client.subscribe(jobs[50]!), { type: 'error', code: 'TOO_MANY_SUBSCRIPTIONS' })
    t.match(await client.subscribe(jobs[0]!), { type: 'ack' }, 'one of the fifty may start again')
  })
})

t.test('clients that misbehave', async (t) => {
  const studio = await startStudio(t)

  t.test('messages that make no sense are answered and cost nothing', async (t) => {
    const client = await connect(t, studio).opened()
    for (const text of [
      '',
      'hello',
      '[]',
      '{"type":"dance","id":"7"}',
      '{"type":"subscribe","id":"8","channel":"job:1"}',
    ])
      client.say(text)
    await client.wait(() => (client.messages.length >= 5 ? true : null), 'five answers')
    t.ok(client.messages.every((message) => message.type === 'error' && message.code === 'BAD_MESSAGE'))
    t.strictSame(
      client.messages.map((message) => message.id),
      [undefined, undefined, undefined, '7', '8'],
    )
    t.match(await client.ask({ type: 'ping', id: 'still here' }), { type: 'pong' })
  })

  t.test('binary frames, frames too big, text that is not UTF-8', async (t) => {
    const binary = await connect(t, studio).opened()
    binary.socket.send(Buffer.from([1, 2, 3]))
    t.equal((await binary.end()).code, 1003)
    const big = await connect(t, studio).opened()
    big.say({ type: 'ping', id: 'ok', pad: 'x'.repeat(16 * 1024 - 60) })
    await big.wait(() => big.messages.find((message) => message.id === 'ok'), 'pong')
    big.say({ type: 'ping', pad: 'x'.repeat(16 * 1024) })
    t.equal((await big.end()).code, 1009)
    const garbled = await connect(t, studio).opened()
    garbled.socket.send(Buffer.from([0xff, 0xfe]), { binary: false })
    t.equal((await garbled.end()).code, 1007)
  })

  t.test('too many messages: first a word, then the door', async (t) => {
    const client = await connect(t, studio).opened()
    for (let n = 0; n < 40; n += 1) client.say({ type: 'ping', id: String(n) })
    await client.wait(() => (client.messages.length >= 40 ? true : null), 'answers')
    const refused = client.messages.filter((message) => message.code === 'RATE_LIMITED')
    t.ok(refused.length >= 1 && refused.length <= 20, `${refused.length} refused`)
    for (let n = 0; n < 160; n += 1) client.say({ type: 'ping' })
    t.equal((await client.end()).code, 1008)
  })

  t.test('a client that answers no ping is let go', async (t) => {
    const quick = await startStudio(t, { timings: { wsPingMs: 100, wsSilenceMs: 600 } })
    const alive = await connect(t, quick).opened()
    const dead = connect(t, quick)
    await dead.opened()
    // Reads nothing any more, so no ping is answered.
    dead.socket.pause()
    await until(
      () => quick.lines.some((line) => line.msg === 'websocket closed' && line.code === 1006),
      'the socket is ended',
    )
    alive.say({ type: 'ping', id: 'here' })
    await alive.wait(() => alive.messages.find((message) => message.id === 'here'), 'pong')
    t.equal(alive.closed, null)
    dead.socket.resume()
    t.match(await dead.end(), { code: /^(4408|1006)$/ })
  })
})

/** A client that subscribes and then reads nothing: its socket stops taking bytes once the system's buffers are full. */
async function sleeper(
  t: { teardown(work: () => void): unknown },
  studio: Studio,
  job: string,
): Promise<Client> {
  const client = await connect(t, studio).opened()
  await client.subscribe(job)
  client.socket.pause()
  return client
}

t.test('slow readers', async (t) => {
  const studio = await startStudio(t)
  const board = { percent: 1, message: 'x'.repeat(60_000) }

  t.test('progress is left out, the rest is not, and the reader is told', async (t) => {
    const job = await newJob(studio)
    const client = await sleeper(t, studio, job)
    const quick = await connect(t, studio).opened()
    await quick.subscribe(job)
    // More than the system's buffers and ours can hold.
    for (let n = 0; n < 12; n += 1) await writeMany(studio.pool, job, 25, board)
    await write(studio.pool, job, 'scene_complete', { scene_id: 'a' })
    await quick.got(job, 302, 20_000)
    t.strictSame(quick.sequences(job), range(2, 302), 'another reader misses nothing')
    client.socket.resume()
    await client.got(job, 302)
    const lagged = client.messages.filter((message) => message.type === 'lagged')
    const dropped = lagged.reduce((sum, message) => sum + Number(message.dropped), 0)
    t.ok(dropped > 0, `${dropped} frames left out`)
    t.ok(lagged.every((message) => message.channel === `job:${job}`))
    const sequences = client.sequences(job)
    t.equal(sequences.length + dropped, 301, 'every frame came or was counted')
    t.strictSame(
      sequences,
      [...sequences].sort((a, b) => a - b),
      'in order',
    )
  })

  t.test('a reader for whom nothing can be left out is closed', async (t) => {
    const job = await newJob(studio)
    const client = await sleeper(t, studio, job)
    const pad = 'x'.repeat(100_000)
    for (let n = 0; n < 80; n += 1)
      await write(studio.pool, job, 'scene_complete', { scene_id: `s${n}`, pad })
    await until(
      () =>
        studio.lines.some(
          (line) => line.msg === 'websocket closed' && [1006, 1013].includes(Number(line.code)),
        ),
      'the end',
      15_000,
    )
    client.socket.resume()
    t.match(await client.end(), { code: /^(1013|1006)$/ })
    const again = await connect(t, studio).opened()
    const last = client.sequences(job).at(-1) ?? 1
    await again.subscribe(job, last)
    await again.got(job, 81)
    t.strictSame(
      [...client.sequences(job), ...again.sequences(job)],
      range(2, 81),
      'coming back it misses nothing',
    )
  })

  t.test('a replay waits for its reader', async (t) => {
    const job = await newJob(studio)
    await writeMany(studio.pool, job, 200, board)
    const client = await connect(t, studio).opened()
    client.say({ type: 'subscribe', id: 'r', channel: `job:${job}`, after: 0 })
    client.socket.pause()
    await until(() => client.socket.isPaused, 'paused')
    await new Promise((resolve) => setTimeout(resolve, 300))
    client.socket.resume()
    await client.got(job, 201, 20_000)
    t.strictSame(client.sequences(job), range(1, 201), '12 MB through a 1 MiB buffer, nothing left out')
    t.notOk(client.messages.some((message) => message.type === 'lagged'))
  })
})

t.test('a credential that ends while the socket is open', async (t) => {
  const studio = await startStudio(t, { timings: { recheckMs: 100 } })
  const job = await newJob(studio)
  const { id, rawKey } = await createApiKey(studio.pool, {
    userId: studio.userId,
    name: 'short',
    scopes: ['*'],
  })
  const link = await watchToken(studio, job)
  const keeper = await connect(t, studio).opened()
  const byKey = await connect(t, studio, { headers: { authorization: rawKey } }).opened()
  const byLink = await connect(t, studio, {
    headers: {},
    protocols: ['framecast.v1', `watch.${link.token}`],
  }).opened()
  await byLink.subscribe(job)
  await revokeApiKey(studio.pool, id)
  t.equal((await byKey.end()).code, 4401)
  t.equal(byLink.closed, null)
  await revokeWatchLink(studio.pool, job, link.id)
  t.equal((await byLink.end()).code, 4401)
  t.match(await keeper.ask({ type: 'ping', id: 'p' }), { type: 'pong' })
})

t.test('a job that goes out of reach', async (t) => {
  const studio = await startStudio(t, { timings: { recheckMs: 100 } })
  const job = await newJob(studio)
  const client = await connect(t, studio).opened()
  await client.subscribe(job)
  await cancel(studio.pool, job, studio.userId)
  await client.got(job, 2)
  await studio.request(`/v1/jobs/${job}`, { method: 'DELETE' })
  const told: Message = await client.wait(
    () => client.messages.find((message) => message.type === 'error'),
    'an error',
  )
  t.match(told, { code: 'FORBIDDEN', channel: `job:${job}` })
})

t.test('a member who is removed loses the jobs of the team, and nothing else', async (t) => {
  const studio = await startStudio(t, { timings: { recheckMs: 100 } })
  const [owner, ada] = [await buildUser(studio.pool), await buildUser(studio.pool)]
  const teamId = await buildTeam(studio.pool, owner)
  await buildMember(studio.pool, teamId, ada, 'member')
  const teamJob = await buildJob(studio.pool, owner, { owner: `framecast:team:${teamId}` })
  const ownJob = await buildJob(studio.pool, ada)
  const authorization = `Bearer ${await studio.logIn(ada)}`
  const client = await connect(t, studio, { headers: { authorization } }).opened()
  await client.subscribe(teamJob)
  await client.subscribe(ownJob)
  await studio.pool.query('delete from memberships where user_id = $1', [ada.userId])
  const told: Message = await client.wait(
    () => client.messages.find((message) => message.type === 'error'),
    'an error',
  )
  t.match(told, { code: 'FORBIDDEN', channel: `job:${teamJob}` })
  await write(studio.pool, teamJob)
  await write(studio.pool, ownJob)
  await client.got(ownJob, 2)
  t.strictSame(client.sequences(teamJob), [])
  t.match(await client.subscribe(teamJob), { type: 'error', code: 'NOT_FOUND' }, 'also when asked again')
})

t.test('when notices are lost', async (t) => {
  const own = await startOwnPostgres(t)
  const studio = await startStudio(t, { database: own, timings: { pollMs: 200 } })
  const job = await newJob(studio)
  const client = await connect(t, studio).opened()
  await client.subscribe(job, 0)
  await client.got(job, 1)

  t.test('the poll finds the events', async (t) => {
    await studio.pool.query('alter table job_events disable trigger job_events_notify')
    await writeMany(studio.pool, job, 3)
    await client.got(job, 4)
    await studio.pool.query('alter table job_events enable trigger job_events_notify')
    t.strictSame(client.sequences(job), range(1, 4))
  })

  t.test('a cut LISTEN connection comes back', async (t) => {
    const cut = await studio.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'framecast-server-listen' and datname = current_database()`,
    )
    t.equal(cut.rowCount, 1)
    await write(studio.pool, job)
    await client.got(job, 5)
    await until(async () => {
      const { rows } = await studio.pool.query(
        `select 1 from pg_stat_activity where application_name = 'framecast-server-listen' and datname = current_database()`,
      )
      return rows.length === 1
    }, 'a new connection')
  })

  t.test('a database that was away: sockets stay, events come', async (t) => {
    await own.server.stop()
    await own.server.start()
    await until(
      async () =>
        write(studio.pool, job).then(
          () => true,
          () => false,
        ),
      'the database takes writes again',
    )
    await client.got(job, 6, 15_000)
    t.strictSame(client.sequences(job), range(1, 6))
    t.equal(client.closed, null)
  })
})

t.test('a server that goes says so, and the next one goes on where it stopped', async (t) => {
  const studio = await startStudio(t)
  const job = await newJob(studio)
  await writeMany(studio.pool, job, 4)
  const before = await connect(t, studio).opened()
  await before.subscribe(job, 0)
  await before.got(job, 5)
  await studio.server.close()
  t.match(await before.end(), { code: 1001 })
  await writeMany(studio.pool, job, 3)
  const next = await startStudio(t, { database: studio, env: studio.env })
  const after = await connect(t, next, { headers: { authorization: studio.key } }).opened()
  await after.subscribe(job, before.sequences(job).at(-1)!)
  await cancel(studio.pool, job, studio.userId)
  await after.got(job, 9)
  t.strictSame([...before.sequences(job), ...after.sequences(job)], range(1, 9))
})

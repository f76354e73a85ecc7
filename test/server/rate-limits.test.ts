/** How often one may ask, and what is said about it. */
import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { createApiKey } from '../../core/accounts/keys.ts'
import { createWatchLink } from '../../core/jobs/watch-links.ts'
import { buildJob, buildUser } from '../support/builders.ts'
import { read, startStudio, until, type WireError } from '../support/studio.ts'

const studio = await startStudio(t, {
  env: { RATE_LIMITS: 'on', TRUSTED_PROXIES: '127.0.0.0/8, ::1' },
  timings: { meterMs: 50 },
})
const { pool } = studio

/** As if so many requests had been made in this minute, and in the next one, should it begin meanwhile. */
const used = (bucket: string, count: number) =>
  pool.query(
    `insert into rate_limits (bucket, window_start, count)
     select $1, date_trunc('minute', now()) + make_interval(mins => n), $2 from generate_series(0, 1) n
     on conflict (bucket, window_start) do update set count = excluded.count`,
    [bucket, count],
  )
const counted = async (bucket: string): Promise<number> => {
  const { rows } = await pool.query(
    'select coalesce(sum(count), 0)::int as count from rate_limits where bucket = $1',
    [bucket],
  )
  return rows[0].count
}

let addresses = 0
/** Headers of somebody without a credential, at an address of the own. */
const stranger = () => {
  addresses += 1
  const address = `198.51.100.${addresses}`
  return { address, headers: { authorization: '', 'x-forwarded-for': address } }
}

const names = ['limit', 'remaining', 'reset', 'retryafter'] as const
const rateOf = ({ headers }: { headers: Headers }) =>
  Object.fromEntries(names.map((name) => [name, headers.get(`x-ratelimit-${name}`)]))
const NOT_COUNTED = { limit: null, remaining: null, reset: null, retryafter: null }

t.test('a user has so many requests a minute, by tier, over all credentials', async (t) => {
  for (const [tier, limit] of [
    ['starter', 60],
    ['creator', 300],
  ] as const) {
    const user = await buildUser(pool, { tier })
    const bySession = studio.as(await studio.logIn(user))
    const { rawKey } = await createApiKey(pool, { userId: user.userId, name: 'test', scopes: ['jobs:read'] })
    const byKey = studio.as(rawKey)
    const before = Math.floor(Date.now() / 1_000)
    const first = await bySession('/v1/status')
    t.match(rateOf(first), { limit: String(limit), remaining: String(limit - 1), retryafter: null })
    const reset = Number(rateOf(first).reset)
    t.equal(reset % 60, 0, 'the minute of the clock')
    t.ok(reset > before && reset <= before + 120)

    await used(`user:${user.userId}`, limit - 1)
    t.match(rateOf(await byKey('/v1/status')), { limit: String(limit), remaining: '0' }, 'the last one')
    for (const as of [bySession, byKey]) {
      const refused = await read<WireError>(as('/v1/status'))
      t.equal(refused.status, 429)
      const { retryAfter } = refused.body.error
      t.strictSame(refused.body, {
        error: {
          code: 'RATE_LIMIT_EXCEEDED',
          message: `Rate limit exceeded: retry after ${retryAfter} seconds`,
          retryAfter,
        },
      })
      t.ok(Number.isInteger(retryAfter) && retryAfter! >= 1 && retryAfter! <= 60)
      t.equal(refused.headers.get('retry-after'), String(retryAfter))
      t.match(rateOf(refused), { limit: String(limit), remaining: '0', retryafter: String(retryAfter) })
    }
    await pool.query(
      `update rate_limits set window_start = window_start - interval '10 minutes' where bucket = $1`,
      [`user:${user.userId}`],
    )
    t.equal((await byKey('/v1/status')).status, 200, 'a new minute, new requests')
  }
})

t.test('refusals of a caller who is known count as requests, too', async (t) => {
  const user = await buildUser(pool)
  const as = studio.as(await studio.logIn(user))
  t.match(rateOf(await as('/v1/jobs/not-an-id')), { remaining: '299' })
  t.match(rateOf(await as('/v1/generate', { json: {} })), { remaining: '298' })
})

t.test('whoever has no credential is counted by address', async (t) => {
  const { address, headers } = stranger()
  const ways: [what: string, path: string, more: Record<string, string>, status: number][] = [
    ['none', '/v1/jobs', {}, 401],
    ['one of no known form', '/v1/jobs', { authorization: 'Basic x' }, 401],
    ['a token that does not hold', '/v1/jobs', { authorization: 'Bearer a.b.c' }, 401],
    ['a key that does not hold', '/v1/jobs', { authorization: `Bearer sk_live_${'0'.repeat(32)}` }, 401],
    ['a watch link that does not hold', '/v1/jobs', { authorization: 'Watch nonsense' }, 401],
    ['an address that is not there', '/v1/nothing', {}, 404],
    ['another method', '/v1/auth/login', {}, 405],
  ]
  for (const [index, [what, path, more, status]] of ways.entries()) {
    const answer = await studio.request(path, { headers: { ...headers, ...more } })
    t.equal(answer.status, status, what)
    t.match(rateOf(answer), { limit: '30', remaining: String(29 - index) }, what)
  }
  await used(`guest:${address}`, 30)
  for (const [what, path, more] of ways)
    t.equal((await studio.request(path, { headers: { ...headers, ...more } })).status, 429, what)
  t.equal(
    (await studio.request('/v1/status', { headers: { 'x-forwarded-for': address } })).status,
    200,
    'a credential that holds is no matter of the address',
  )
  t.equal((await studio.request('/v1/jobs', { headers: stranger().headers })).status, 401, 'others go on')
})

t.test('an address tries to sign up, log in or set up ten times a minute', async (t) => {
  const { address, headers } = stranger()
  const attempt = (path: string) => studio.request(`/v1/auth/${path}`, { json: {}, headers })
  t.match(rateOf(await attempt('login')), { limit: '10', remaining: '9' })
  t.match(rateOf(await attempt('signup')), { remaining: '8' }, 'together')
  t.match(rateOf(await attempt('setup')), { remaining: '7' })
  await used(`auth:${address}`, 9)
  t.equal((await attempt('login')).status, 400)
  for (const path of ['login', 'signup', 'setup']) t.equal((await attempt(path)).status, 429, path)
})

t.test('X-Forwarded-For counts only when a trusted proxy sent it', async (t) => {
  const strict = await startStudio(t, { env: { RATE_LIMITS: 'on' } })
  for (const [index, forwarded] of ['198.51.100.200', '198.51.100.201'].entries()) {
    const answer = await strict.request('/v1/jobs', {
      headers: { authorization: '', 'x-forwarded-for': forwarded },
    })
    t.match(rateOf(answer), { remaining: String(29 - index) }, 'both come from this machine')
  }
})

t.test('what keeps the installation running is not counted', async (t) => {
  const { address, headers } = stranger()
  await used(`guest:${address}`, 1_000)
  for (const path of [
    '/',
    '/health',
    '/ready',
    '/openapi.json',
    '/docs',
    '/setup',
    '/watch/x',
    '/schemas/job.schema.json',
  ]) {
    const answer = await studio.request(path, { headers })
    t.equal(answer.status, 200, path)
    t.strictSame(rateOf(answer), NOT_COUNTED, path)
  }
  t.equal((await studio.request('/internal/nothing', { headers })).status, 404)
})

t.test('a stream counts once, when it is opened', async (t) => {
  const user = await buildUser(pool)
  const token = await studio.logIn(user)
  const job = await buildJob(pool, user)
  const bucket = `user:${user.userId}`
  const stop = new AbortController()
  const stream = await studio.as(token)(`/v1/jobs/${job}/events`, { signal: stop.signal })
  t.match(rateOf(stream), { limit: '300', remaining: '299' })
  t.equal(await counted(bucket), 1)
  await stream.body?.cancel()

  const open = (credential: string) =>
    new WebSocket(`${studio.url.replace('http', 'ws')}/v1/ws`, ['framecast.v1', `bearer.${credential}`])
  const socket = open(token)
  const [[upgrade]] = await Promise.all([once(socket, 'upgrade'), once(socket, 'open')])
  t.equal(upgrade.headers['x-ratelimit-remaining'], '298')
  socket.send(JSON.stringify({ type: 'subscribe', id: '1', channel: `job:${job}` }))
  await once(socket, 'message')
  t.equal(await counted(bucket), 2, 'what is said on it does not')
  socket.close()

  await used(bucket, 300)
  const refused = open(token)
  refused.on('error', () => {})
  const [, reply] = await once(refused, 'unexpected-response')
  t.match(reply, {
    statusCode: 429,
    headers: { 'x-ratelimit-limit': '300', 'x-ratelimit-remaining': '0', 'retry-after': /\d/ },
  })
  reply.destroy()

  t.test('of a ticket or a watch link, too', async (t) => {
    const other = await buildUser(pool)
    const otherJob = await buildJob(pool, other)
    const as = studio.as(await studio.logIn(other))
    const { ticket } = (await read<{ ticket: string }>(as('/v1/ws/tickets', { method: 'POST' }))).body
    const byTicket = new WebSocket(`${studio.url.replace('http', 'ws')}/v1/ws?ticket=${ticket}`, [
      'framecast.v1',
    ])
    const [{ headers }] = await once(byTicket, 'upgrade')
    t.equal(headers['x-ratelimit-remaining'], '298', 'the ticket, and its use')
    byTicket.close()
    const link = await createWatchLink(pool, { jobId: otherJob, createdBy: other.userId, expiresInS: 600 })
    const watch = () =>
      studio.request(`/v1/jobs/${otherJob}`, { headers: { authorization: `Watch ${link.token}` } })
    t.match(rateOf(await watch()), { limit: '300', remaining: '299' })
    await used(`watch:${link.id}`, 300)
    t.equal((await watch()).status, 429)
    t.equal((await as('/v1/status')).status, 200, 'a link that is used up is not its maker’s matter')
  })
})

t.test('authenticated requests are on the bill of whoever makes them', async (t) => {
  const user = await buildUser(pool)
  const owner = `framecast:user:${user.userId}`
  const as = studio.as(await studio.logIn(user))
  const calls = async (urn: string) =>
    (await pool.query('select sum(api_calls)::int as calls from usage where owner = $1', [urn])).rows[0]
      .calls as number | null
  for (const path of ['/v1/status', '/v1/jobs', '/v1/jobs/not-an-id']) await as(path)
  await studio.request('/v1/status', { headers: stranger().headers })
  await until(async () => (await calls(owner)) === 3, 'three requests on the bill')

  t.test('what was not written yet is written when the server goes', async (t) => {
    const own = await startStudio(t, { timings: { meterMs: 3_600_000 } })
    await own.request('/v1/status')
    await own.request('/v1/status')
    await own.server.close()
    const { rows } = await own.pool.query('select api_calls, period from usage where owner = $1', [
      `framecast:user:${own.userId}`,
    ])
    t.match(rows, [{ api_calls: 2, period: /^\d{4}-\d{2}$/ }])
    const headers = rateOf(await studio.request('/v1/status'))
    t.ok(headers.limit, 'and this goes on')
  })
})

t.test('where nothing is limited, nothing is said', async (t) => {
  const off = await startStudio(t)
  t.strictSame(rateOf(await off.request('/v1/status')), NOT_COUNTED)
  t.strictSame(rateOf(await off.request('/v1/nothing')), NOT_COUNTED)
  t.strictSame((await off.pool.query('select 1 from rate_limits')).rows, [])
})

t.test('when requests cannot be counted, none is served', async (t) => {
  const client = await pool.connect()
  await client.query('begin')
  await client.query('lock table rate_limits in access exclusive mode')
  try {
    const answers = await Promise.all([
      read<WireError>(studio.request('/v1/status')),
      read<WireError>(studio.request('/v1/jobs', { headers: stranger().headers })),
      read<WireError>(studio.request('/v1/auth/login', { json: {}, headers: stranger().headers })),
    ])
    for (const answer of answers)
      t.match(answer, {
        status: 503,
        body: { error: { code: 'SERVICE_UNAVAILABLE', reason: 'database_busy' } },
      })
  } finally {
    await client.query('rollback')
    client.release()
  }
})

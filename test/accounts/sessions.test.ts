import t from 'tap'
import { deviceOf } from '../../core/accounts/device.ts'
import { createSession, revokeSession, sessionKeys } from '../../core/accounts/sessions.ts'
import type { AuditEntry, Session } from '../../schemas/types.ts'
import { connect } from '../server/events.ts'
import { buildKey, buildUser } from '../support/builders.ts'
import { read, startStudio, type WireError } from '../support/studio.ts'

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'
const studio = await startStudio(t, { timings: { recheckMs: 100 } })
const keys = sessionKeys(studio.config)

/** Somebody with a session that asks, and how to log in once more. */
async function somebody() {
  const user = await buildUser(studio.pool)
  const open = (userAgent?: string) =>
    createSession(studio.pool, keys, { userId: user.userId, ip: '192.0.2.17', userAgent: userAgent ?? null })
  const session = await open(FIREFOX)
  return { user, open, session, as: studio.as(session.token) }
}

const list = (as: typeof studio.request, query = '') =>
  read<Session[] & WireError>(as(`/v1/auth/sessions${query}`))
const end = (as: typeof studio.request, id = '') =>
  read<WireError>(as(`/v1/auth/sessions${id && `/${id}`}`, { method: 'DELETE' }))
const isOpen = async (token: string) => (await studio.as(token)('/v1/account')).status === 200

t.test('sessions that have not ended are listed, the one seen last first', async (t) => {
  const { as, session, open, user } = await somebody()
  const other = await open('curl/8.5.0')
  const [revoked, expired] = [await open(), await open()]
  await revokeSession(studio.pool, revoked.id)
  await studio.pool.query(
    `update sessions set created_at = now() - interval '2 hours', expires_at = now() - interval '1 hour' where id = $1`,
    [expired.id],
  )
  await studio.pool.query(
    `update sessions set created_at = now() - interval '1 hour', last_seen_at = now() - interval '1 hour' where id = $1`,
    [other.id],
  )
  const found = await list(as)
  t.equal(found.status, 200)
  t.match(found.body, [
    { id: session.id, device: 'Firefox on Linux', address: '192.0.2.17', is_current: true },
    { id: other.id, device: 'curl', is_current: false },
  ])
  t.equal(found.body.length, 2, 'neither an ended one nor an old one')
  t.notMatch(JSON.stringify(found.body), /eyJ/, 'no token is told')
  const first = await list(as, '?limit=1')
  const rest = await list(as, `?limit=1&cursor=${first.headers.get('x-next-cursor')}`)
  t.strictSame(
    [...first.body, ...rest.body].map(({ id }) => id),
    [session.id, other.id],
    'in pages',
  )
  t.match(await list(studio.as((await buildKey(studio.pool)).rawKey)), {
    status: 401,
    body: { error: { code: 'INVALID_TOKEN' } },
  })
  const { rows } = await studio.pool.query('select count(*)::int as n from sessions where user_id = $1', [
    user.userId,
  ])
  t.strictSame(rows, [{ n: 4 }])
})

t.test('a session that was ended is refused at once, and its socket closes', async (t) => {
  const { as, session, open } = await somebody()
  const other = await open('curl/8.5.0')
  const socket = await connect(t, studio, {
    headers: { authorization: `Bearer ${other.token}` },
  }).opened()
  const mine = await connect(t, studio, { headers: { authorization: `Bearer ${session.token}` } }).opened()
  t.ok(await isOpen(other.token))
  t.equal((await end(as, other.id)).status, 204)
  t.match(await read(studio.as(other.token)('/v1/account')), {
    status: 401,
    body: { error: { code: 'INVALID_TOKEN', message: 'Invalid or expired token' } },
  })
  t.equal((await socket.end()).code, 4401)
  t.match(await mine.ask({ type: 'ping', id: 'p' }), { type: 'pong' }, 'the other one goes on')
  t.match(await end(as, other.id), {
    status: 404,
    body: { error: { code: 'NOT_FOUND', message: 'Not found: no such session' } },
  })
  const trail = await read<AuditEntry[]>(as('/v1/account/audit'))
  t.match(trail.body, [
    { action: 'session.ended', subject_type: 'session', subject_id: other.id, details: { device: 'curl' } },
  ])
})

t.test('all others are ended at once', async (t) => {
  const { as, session, open } = await somebody()
  const others = [await open(), await open(FIREFOX)]
  const { session: strangers } = await somebody()
  t.equal((await end(as)).status, 204)
  t.strictSame(
    (await list(as)).body.map(({ id }) => id),
    [session.id],
  )
  for (const { token } of others) t.notOk(await isOpen(token))
  t.ok(await isOpen(session.token))
  t.ok(await isOpen(strangers.token), 'nobody else’s')
  t.equal((await read<AuditEntry[]>(as('/v1/account/audit'))).body.length, 2)
  t.equal((await end(as)).status, 204, 'when there are none, nothing happens')
})

t.test('ending the session that asks takes its cookie away', async (t) => {
  const { session, as } = await somebody()
  const gone = await read(
    as(`/v1/auth/sessions/${session.id.toUpperCase()}`, {
      method: 'DELETE',
      headers: {
        authorization: '',
        cookie: `fc_session=${session.token}`,
        origin: studio.config.APP_BASE_URL,
      },
    }),
  )
  t.equal(gone.status, 204)
  t.match(gone.headers.get('set-cookie'), /^fc_session=;/)
  t.notOk(await isOpen(session.token))
})

t.test('somebody else’s session is not there', async (t) => {
  const [ada, grace] = [await somebody(), await somebody()]
  t.match(await end(ada.as, grace.session.id), { status: 404, body: { error: { code: 'NOT_FOUND' } } })
  t.ok(await isOpen(grace.session.token))
  t.equal((await end(ada.as, 'not-an-id')).status, 400)
  t.strictSame((await read<AuditEntry[]>(ada.as('/v1/account/audit'))).body, [])
})

t.test('two who end the same session at once: one does', async (t) => {
  const { as, open } = await somebody()
  const { id } = await open()
  const answers = await Promise.all([end(as, id), end(as, id), end(as, id)])
  t.strictSame(answers.map(({ status }) => status).toSorted(), [204, 404, 404])
})

t.test('what logged in is told in words', async (t) => {
  const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)'
  for (const [agent, words] of [
    [FIREFOX, 'Firefox on Linux'],
    [`${windows} Chrome/141.0.0.0 Safari/537.36`, 'Chrome on Windows'],
    [`${windows} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0`, 'Edge on Windows'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15', 'Safari on macOS'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/141.0 Safari/604.1', 'Chrome on iPhone'],
    [
      'Mozilla/5.0 (Linux; Android 15; Pixel 9) SamsungBrowser/28.0 Chrome/130',
      'Samsung Internet on Android',
    ],
    ['curl/8.5.0', 'curl'],
    ['node', 'a Node.js program'],
    ['Wget/1.21 (Linux)', 'a program on Linux'],
    ['x'.repeat(500), 'unknown'],
    ['', 'unknown'],
    [null, 'unknown'],
  ] as const)
    t.equal(deviceOf(agent), words, String(agent).slice(0, 60))
})

import { jwtVerify, SignJWT } from 'jose'
import t from 'tap'
import { sessionKeys } from '../../core/accounts/sessions.ts'
import type { LogIn, User } from '../../schemas/types.ts'
import { buildKey, buildUser } from '../support/builders.ts'
import { read, startStudio, type WireError } from '../support/studio.ts'

const studio = await startStudio(t, { env: { SIGNUP_CREDITS: '7' } })
const PASSWORD = 'a lamp that wakes at dusk'

let people = 0
/** Counted by address, wrong passwords of one test must not refuse the next: each comes from its own. */
const newEmail = (): string => {
  people += 1
  return `ada${people}@studio.example`
}

const post = (path: string, json: object, headers: Record<string, string> = {}) =>
  read<LogIn & WireError>(studio.request(path, { json, headers: { authorization: '', ...headers } }))

async function signUp(email = newEmail()) {
  const made = await post('/v1/auth/signup', { email, password: PASSWORD, name: 'Ada' })
  t.equal(made.status, 201)
  return { email, token: made.body.access_token, user: made.body.user, headers: made.headers }
}
const logIn = (email: string, password: string) => post('/v1/auth/login', { email, password })
const whoAmI = (token: string) => read<{ user: User } & WireError>(studio.as(token)('/v1/auth/whoami'))

t.test('signing up', async (t) => {
  const email = newEmail()
  const made = await post('/v1/auth/signup', {
    email,
    password: PASSWORD,
    tier: 'creator',
    credits: 1_000,
    is_operator: true,
  })
  t.equal(made.status, 201)
  t.match(made.body, {
    access_token: /^eyJ/,
    token_type: 'Bearer',
    expires_in: 86_400,
    user: { email, name: null, tier: 'starter', credits: 7, upgraded_at: null, ephemeral_storage_bytes: 0 },
  })
  t.match(
    made.headers.get('set-cookie'),
    /^fc_session=[\w.-]+; Path=\/; Max-Age=86400; HttpOnly; SameSite=Lax$/,
    'a browser has its cookie',
  )
  t.match(await whoAmI(made.body.access_token), {
    status: 200,
    body: { auth_method: 'jwt', user: made.body.user },
  })
  const { rows } = await studio.pool.query(
    `select password_hash, amount from user_credentials c join credit_entries e on e.source = 'framecast:user:' || c.user_id
     where c.user_id = $1`,
    [made.body.user.id],
  )
  t.match(rows[0].password_hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  t.equal(rows[0].amount, 7, 'the opening balance is on the books')

  t.test('an email is taken, however it is written', async (t) => {
    const again = await post('/v1/auth/signup', { email: email.toUpperCase(), password: PASSWORD })
    t.match(again, { status: 409, body: { error: { code: 'CONFLICT', message: /^Conflict: / } } })
  })

  t.test('two at once for one email make one account', async (t) => {
    const twice = newEmail()
    const made = await Promise.all(
      [1, 2].map(() => post('/v1/auth/signup', { email: twice, password: PASSWORD })),
    )
    t.strictSame(made.map(({ status }) => status).sort(), [201, 409])
  })

  t.test('what cannot be an account is refused, and leaves nothing behind', async (t) => {
    const count = async () => (await studio.pool.query('select count(*)::int as n from users')).rows[0].n
    const before = await count()
    for (const body of [
      { password: PASSWORD },
      { email: newEmail() },
      { email: 'no address', password: PASSWORD },
      { email: `${'a'.repeat(250)}@b.example`, password: PASSWORD },
      { email: newEmail(), password: 'x'.repeat(9) },
      { email: newEmail(), password: 'x'.repeat(201) },
      { email: newEmail(), password: PASSWORD, name: '' },
      { email: newEmail(), password: PASSWORD, name: 'x'.repeat(101) },
      { email: [newEmail()], password: PASSWORD },
    ])
      t.match(await post('/v1/auth/signup', body), {
        status: 400,
        body: { error: { code: 'VALIDATION_ERROR' } },
      })
    t.match(
      await post('/v1/auth/signup', { email: newEmail(), password: PASSWORD, invitation_token: 'nope' }),
      {
        status: 404,
        body: { error: { code: 'NOT_FOUND' } },
      },
    )
    t.equal(await count(), before)
    t.equal(
      (await post('/v1/auth/signup', { email: newEmail(), password: '😀'.repeat(10) })).status,
      201,
      'characters are counted as people do',
    )
  })
})

t.test('logging in', async (t) => {
  const { email, token, user } = await signUp()
  const opened = await logIn(email.toUpperCase(), PASSWORD)
  t.match(opened, { status: 200, body: { token_type: 'Bearer', expires_in: 86_400, user } })
  t.not(opened.body.access_token, token, 'each log-in has a session of its own')
  t.match(opened.headers.get('set-cookie'), /^fc_session=eyJ/)
  const { payload } = await jwtVerify(opened.body.access_token, sessionKeys(studio.config).key)
  const { rows } = await studio.pool.query('select ip, user_agent from sessions where id = $1', [payload.jti])
  t.match(rows, [{ ip: '127.0.0.1', user_agent: 'node' }])

  t.test('nobody learns who has an account', async (t) => {
    const external = await buildUser(studio.pool)
    const answers = await Promise.all([
      logIn(email, 'not the password'),
      logIn('nobody@studio.example', PASSWORD),
      logIn(external.email, PASSWORD),
      logIn('deleted@invalid.local', PASSWORD),
      logIn('not even an address', ''),
    ])
    for (const { status, body } of answers)
      t.strictSame(
        [status, body],
        [401, { error: { code: 'INVALID_CREDENTIALS', message: 'Invalid email or password' } }],
      )
  })

  t.test('a hash made with other parameters is made anew', async (t) => {
    const stored = async () =>
      (await studio.pool.query('select password_hash from user_credentials where user_id = $1', [user.id]))
        .rows[0].password_hash as string
    const { hash } = await import('@node-rs/argon2')
    await studio.pool.query('update user_credentials set password_hash = $2 where user_id = $1', [
      user.id,
      await hash(PASSWORD, { memoryCost: 8_192, timeCost: 1, parallelism: 1 }),
    ])
    t.equal((await logIn(email, PASSWORD)).status, 200)
    const renewed = await stored()
    t.match(renewed, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    t.equal((await logIn(email, PASSWORD)).status, 200)
    t.equal(await stored(), renewed, 'and then left alone')
  })
})

t.test('ten wrong passwords for an account close it for the rest of a quarter of an hour', async (t) => {
  await studio.pool.query('delete from login_failures')
  const { email } = await signUp()
  const wrong = await Promise.all(Array.from({ length: 10 }, () => logIn(email, 'wrong password')))
  t.ok(wrong.every(({ status }) => status === 401))
  const refused = await logIn(email, PASSWORD)
  t.match(refused, {
    status: 429,
    body: {
      error: { code: 'RATE_LIMIT_EXCEEDED', message: /^Rate limit exceeded: retry after \d+ seconds$/ },
    },
  })
  t.equal(Number(refused.headers.get('retry-after')), refused.body.error.retryAfter)
  t.equal(refused.headers.get('x-ratelimit-retryafter'), refused.headers.get('retry-after'))
  t.ok(refused.body.error.retryAfter! <= 900)
  t.equal(
    (await post('/v1/auth/login', { email: newEmail(), password: PASSWORD })).status,
    429,
    'and the address it came from',
  )

  await studio.pool.query(`update login_failures set window_start = window_start - interval '15 minutes'`)
  t.equal((await logIn(email, PASSWORD)).status, 200, 'a new window, a new chance')
  const { rows } = await studio.pool.query('select key from login_failures')
  t.notMatch(JSON.stringify(rows), /ada|127\.0/, 'counters hold no address in the clear')
  await studio.pool.query('delete from login_failures')
})

t.test('logging out', async (t) => {
  const { token, email } = await signUp()
  const other = (await logIn(email, PASSWORD)).body.access_token
  const out = await studio.as(token)('/v1/auth/logout', { method: 'POST' })
  t.equal(out.status, 204)
  t.match(out.headers.get('set-cookie'), /^fc_session=; Path=\/; Max-Age=0; HttpOnly; SameSite=Lax$/)
  t.match(await whoAmI(token), {
    status: 401,
    body: { error: { code: 'INVALID_TOKEN', message: 'Invalid or expired token' } },
  })
  t.equal((await whoAmI(other)).status, 200, 'other sessions go on')
})

t.test('changing the password', async (t) => {
  const { token, email } = await signUp()
  const other = (await logIn(email, PASSWORD)).body.access_token
  const change = (body: object, as = token) =>
    read<WireError>(studio.as(as)('/v1/auth/password', { json: body }))
  const renewed = 'a wave that breaks at dawn'
  t.match(await change({ current_password: 'not this one', new_password: renewed }), {
    status: 401,
    body: { error: { code: 'INVALID_CREDENTIALS' } },
  })
  t.equal((await change({ current_password: PASSWORD, new_password: 'short' })).status, 400)
  t.equal((await whoAmI(other)).status, 200, 'nothing has happened so far')
  t.equal((await change({ current_password: PASSWORD, new_password: renewed })).status, 204)
  t.equal((await whoAmI(token)).status, 200, 'this session goes on')
  t.equal((await whoAmI(other)).status, 401, 'others end')
  t.equal((await logIn(email, PASSWORD)).status, 401)
  t.equal((await logIn(email, renewed)).status, 200)

  t.test('people of another issuer have none here', async (t) => {
    const external = await studio.logIn(await buildUser(studio.pool))
    t.match(await change({ current_password: PASSWORD, new_password: renewed }, external), {
      status: 409,
      body: { error: { code: 'CONFLICT' } },
    })
  })
})

t.test('the cookie of a session', async (t) => {
  const { headers, user } = await signUp()
  const cookie = headers.get('set-cookie')!.split(';')[0]!
  const bare = { authorization: '', cookie }
  const rename = (headers: Record<string, string>) =>
    read<User & WireError>(
      studio.request('/v1/account', {
        method: 'PATCH',
        json: { name: 'Grace' },
        headers: { ...bare, ...headers },
      }),
    )
  t.match(await read(studio.request('/v1/account', { headers: bare })), {
    status: 200,
    body: { id: user.id },
  })
  const origin = studio.config.APP_BASE_URL
  t.match(await rename({ origin }), { status: 200, body: { name: 'Grace' } })

  t.test('changes nothing for a page of another origin', async (t) => {
    for (const headers of [{}, { origin: 'https://evil.example' }, { origin: 'null' }])
      t.match(await rename(headers), { status: 403, body: { error: { code: 'AUTHORIZATION_ERROR' } } })
  })
  t.test('yields to a header', async (t) => {
    t.equal((await rename({ authorization: 'Bearer nonsense', origin })).status, 401)
  })
})

t.test('sessions: over https the cookie is bound to this host and to secure connections', async (t) => {
  const secure = await startStudio(t, { env: { APP_BASE_URL: 'https://films.example' } })
  const made = await secure.request('/v1/auth/signup', {
    json: { email: 'ada@studio.example', password: PASSWORD },
    headers: { authorization: '' },
  })
  const cookie = made.headers.get('set-cookie') ?? ''
  t.match(cookie, /^__Host-fc_session=eyJ[\w.-]+; Path=\/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure$/)
  const read = (name: string) =>
    secure.request('/v1/account', {
      headers: { authorization: '', cookie: cookie.split(';')[0]!.replace('__Host-fc_session', name) },
    })
  t.equal((await read('__Host-fc_session')).status, 200)
  t.equal((await read('fc_session')).status, 401, 'a cookie that another host could have set is none')
})

t.test('who is asking', async (t) => {
  const { rawKey, id, principal } = await buildKey(studio.pool, ['generate'])
  const asked = await read(studio.as(rawKey)('/v1/auth/whoami'))
  t.match(asked, {
    status: 200,
    body: {
      auth_method: 'api_key',
      user: { id: principal.userId, tier: 'creator' },
      api_key: {
        id,
        owner: `framecast:user:${principal.userId}`,
        name: 'test',
        key_prefix: 'sk_live_',
        scopes: ['generate'],
        expires_at: null,
      },
    },
  })
  t.notMatch(asked.body, { api_key: { key_hash: /./ } })
})

t.test('tokens that are not ours are none', async (t) => {
  const { user, token } = await signUp()
  const { key } = sessionKeys(studio.config)
  const { payload } = await jwtVerify(token, key)
  const sign = (claims: object, alg = 'HS256', secret = key) =>
    new SignJWT({ ...payload, ...claims }).setProtectedHeader({ alg }).sign(secret)
  t.equal((await whoAmI(await sign({}))).status, 200, 'the same again would do')
  const [head, body, signature] = token.split('.')
  const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')
  const stranger = await buildUser(studio.pool)
  const cases: [what: string, token: string][] = [
    ['another secret', await sign({}, 'HS256', new Uint8Array(32))],
    ['another algorithm', await sign({}, 'HS512')],
    ['no signature', `${none}.${body}.`],
    ['half a signature', `${head}.${body}.${signature!.slice(0, 20)}`],
    ['an expired one', await sign({ exp: 1_000_000_000 })],
    ['another issuer', await sign({ iss: 'framecasts' })],
    ['another user', await sign({ sub: stranger.userId })],
    ['an unknown session', await sign({ jti: user.id })],
    ['a session that is no id', await sign({ jti: "' or 1=1" })],
    ['not a token at all', 'a.b.c'],
  ]
  for (const [what, bad] of cases)
    t.match(
      await whoAmI(bad),
      { status: 401, body: { error: { code: 'INVALID_TOKEN', message: 'Invalid or expired token' } } },
      what,
    )
})

t.test('a key is no way to what is for people', async (t) => {
  for (const path of ['/v1/account', '/v1/auth/keys'])
    t.match(await read(studio.request(path)), {
      status: 401,
      body: { error: { code: 'INVALID_TOKEN', message: 'Invalid or expired token' } },
    })
})

t.test('nothing secret is in the log', async (t) => {
  const text = JSON.stringify(studio.lines)
  t.ok(studio.lines.length > 50)
  t.notMatch(text, new RegExp(PASSWORD))
  t.notMatch(text, /eyJ|argon2id|sk_live_[0-9a-f]/)
})

/** Tokens of another issuer: which ones are believed, and the accounts that they bring. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import t from 'tap'
import { WebSocket } from 'ws'
import { createExternalTokens } from '../../core/accounts/external-tokens.ts'
import type { Caller } from '../../schemas/types.ts'
import { buildJob, buildUser } from '../support/builders.ts'
import { read, startStudio, type WireError } from '../support/studio.ts'

const SECRET = 'a secret that is shared with the issuer'
const ISSUER = 'https://id.studio.example'
const AUDIENCE = 'framecast'

/** An issuer's key set on the wire, which counts how often it is asked. */
const published = { keys: [] as object[], asked: 0, status: 200 }
const issuer = createServer((_, response) => {
  published.asked += 1
  response.writeHead(published.status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ keys: published.keys }))
}).listen(0, '127.0.0.1')
await once(issuer, 'listening')
t.teardown(() => issuer.close())
const jwksUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks.json`

const pairs = Object.fromEntries(
  await Promise.all(
    ['RS256', 'ES256', 'EdDSA'].map(async (alg) => {
      const pair = await generateKeyPair(alg, { extractable: true })
      published.keys.push({ ...(await exportJWK(pair.publicKey)), kid: `key-${alg}`, alg })
      return [alg, pair] as const
    }),
  ),
)

const studio = await startStudio(t, {
  env: {
    AUTH_JWT_SECRET: SECRET,
    AUTH_JWKS_URL: jwksUrl,
    AUTH_JWT_ISSUER: ISSUER,
    AUTH_JWT_AUDIENCE: AUDIENCE,
    AUTH_SYNC_EMAIL: 'true',
    SIGNUP_CREDITS: '3',
  },
})

const nowS = () => Math.floor(Date.now() / 1_000)
type Claims = Record<string, unknown>
const claimsOf = (over: Claims = {}): Claims => {
  const sub = (over.sub as string | undefined) ?? randomUUID()
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub,
    email: `${sub}@studio.example`,
    exp: nowS() + 600,
    iat: nowS(),
    ...over,
  }
}
const hs256 = (claims: Claims, secret = SECRET) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret))
const asymmetric = (alg: string, claims: Claims, header: object = { kid: `key-${alg}` }) =>
  new SignJWT(claims).setProtectedHeader({ alg, ...header }).sign(pairs[alg]!.privateKey)

const whoAmI = (token: string) => read<Caller & WireError>(studio.as(token)('/v1/auth/whoami'))
const refused = (message = 'Invalid or expired token') => ({
  status: 401,
  body: { error: { code: 'INVALID_TOKEN', message } },
})

t.test('a token that is seen for the first time makes a starter', async (t) => {
  const claims = claimsOf({ name: 'Ada', role: 'admin', tier: 'creator' })
  const token = await hs256(claims)
  const first = await whoAmI(token)
  t.match(first, {
    status: 200,
    body: {
      auth_method: 'jwt',
      user: { id: claims.sub, email: claims.email, name: 'Ada', tier: 'starter', credits: 3 },
    },
  })
  t.strictSame((await whoAmI(token)).body, first.body, 'and finds the same one afterwards')

  t.test('once, however many come at the same time', async (t) => {
    const token = await hs256(claimsOf())
    const answers = await Promise.all(Array.from({ length: 6 }, () => whoAmI(token)))
    t.ok(answers.every(({ status }) => status === 200))
    t.equal(new Set(answers.map(({ body }) => body.user.id)).size, 1)
  })
  t.test('in the tongue of any key of the issuer', async (t) => {
    for (const alg of Object.keys(pairs)) {
      const claims = claimsOf()
      t.match(
        await whoAmI(await asymmetric(alg, claims)),
        { status: 200, body: { user: { id: claims.sub } } },
        alg,
      )
    }
  })
  t.test('its session ends where it was made', async (t) => {
    const token = await hs256(claims)
    const out = await studio.as(token)('/v1/auth/logout', { method: 'POST' })
    t.equal(out.status, 204)
    t.match(out.headers.get('set-cookie'), /^fc_session=;/)
    t.equal((await whoAmI(token)).status, 200)
  })
})

t.test('JWT: algorithm and key are bound to the issuer', async (t) => {
  const claims = claimsOf()
  const rsaPublic = JSON.stringify(published.keys[0])
  const [, payload] = (await hs256(claims)).split('.')
  const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url')
  const ownKey = await generateKeyPair('RS256', { extractable: true })
  const jwk = await exportJWK(ownKey.publicKey)
  const brought = (header: object) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', ...header }).sign(ownKey.privateKey)
  const cases: [what: string, token: string][] = [
    ['no algorithm', `${none}.${payload}.`],
    ['another secret', await hs256(claims, 'a secret that somebody else has made')],
    ['a public key used as a secret', await hs256(claims, rsaPublic)],
    ['a key that the token brings along', await brought({ jwk })],
    ['an address that the token brings along', await brought({ jku: jwksUrl, kid: 'key-RS256' })],
    ['a kid of another algorithm', await asymmetric('ES256', claims, { kid: 'key-RS256' })],
    ['our own name', await hs256(claimsOf({ iss: 'framecast' }))],
    ['text', 'nonsense'],
  ]
  for (const [what, token] of cases) t.match(await whoAmI(token), refused(), what)
  const { rows } = await studio.pool.query('select 1 from users where id = $1', [claims.sub])
  t.strictSame(rows, [], 'none of them makes an account')
})

t.test('JWT: issuer, audience and times', async (t) => {
  const cases: [what: string, claims: Claims, status: number][] = [
    ['another issuer', claimsOf({ iss: 'https://id.other.example' }), 401],
    ['no issuer', claimsOf({ iss: undefined }), 401],
    ['another audience', claimsOf({ aud: 'other' }), 401],
    ['no audience', claimsOf({ aud: undefined }), 401],
    ['one audience of several', claimsOf({ aud: ['other', AUDIENCE] }), 200],
    ['no end', claimsOf({ exp: undefined }), 401],
    ['an end that is no time', claimsOf({ exp: 'soon' }), 401],
    ['over for two minutes', claimsOf({ exp: nowS() - 120 }), 401],
    ['over for half a minute: clocks differ', claimsOf({ exp: nowS() - 30 }), 200],
    ['from two minutes ahead', claimsOf({ nbf: nowS() + 120 }), 401],
    ['from half a minute ahead', claimsOf({ nbf: nowS() + 30 }), 200],
    ['an end beyond any calendar', claimsOf({ exp: 1e15 }), 200],
    ['without what is optional', claimsOf({ iat: undefined, name: undefined }), 200],
  ]
  for (const [what, claims, status] of cases) {
    const answer = await whoAmI(await hs256(claims))
    if (status === 200) t.match(answer, { status, body: { user: { id: claims.sub } } }, what)
    else t.match(answer, refused(), what)
  }
  for (const sub of ['ada', '', 7])
    t.match(
      await whoAmI(await hs256(claimsOf({ sub, email: 'a@b.example' }))),
      refused('Invalid user ID in token'),
      `sub ${sub}`,
    )
  t.match(await whoAmI(await hs256({ ...claimsOf(), sub: undefined })), refused())
})

t.test('a new user needs an email', async (t) => {
  for (const over of [
    { email: undefined },
    { email: '' },
    { email: 'nobody' },
    { email: 7 },
    { email_verified: false },
  ])
    t.match(
      await whoAmI(await hs256(claimsOf(over))),
      { status: 401, body: { error: { code: 'MISSING_EMAIL' } } },
      JSON.stringify(over),
    )
  const known = await buildUser(studio.pool)
  t.equal(
    (await whoAmI(await hs256(claimsOf({ sub: known.userId, email: undefined })))).status,
    200,
    'a known one does not',
  )
  const taken = claimsOf({ email: known.email.toUpperCase() })
  t.match(await whoAmI(await hs256(taken)), { status: 409, body: { error: { code: 'CONFLICT' } } })
})

t.test('a changed email is taken over, unless it belongs to somebody else', async (t) => {
  const sub = randomUUID()
  const seen = async (email: string) => (await whoAmI(await hs256(claimsOf({ sub, email })))).body.user.email
  t.equal(await seen('before@studio.example'), 'before@studio.example')
  t.equal(await seen('after@studio.example'), 'after@studio.example')
  const other = await buildUser(studio.pool)
  t.equal(await seen(other.email), 'after@studio.example')
})

t.test('a token from before the account was deleted does not bring it back', async (t) => {
  const claims = claimsOf({ iat: nowS() - 10 })
  const old = await hs256(claims)
  const { userId } = (await whoAmI(old)).body.user && { userId: claims.sub as string }
  const owner = `framecast:user:${userId}`
  const job = await buildJob(studio.pool, { ...(await buildUser(studio.pool)), userId })
  t.equal((await studio.as(old)('/v1/account', { method: 'DELETE' })).status, 204)
  await studio.pool.query(
    `insert into asset_files (id, owner, uploaded_by, filename, s3_key, content_type, size_bytes, status)
     values (gen_random_uuid(), $1, default, 'a.png', gen_random_uuid() || '/a.png', 'image/png', 40, 'ready')`,
    [owner],
  )
  t.match(await whoAmI(old), refused())
  t.match(await whoAmI(await hs256({ ...claims, iat: undefined })), refused())
  await studio.pool.query(
    `update deleted_accounts set deleted_at = now() - interval '31 days' where owner = $1`,
    [owner],
  )
  const renewed = await hs256({ ...claims, iat: nowS() })
  t.match(
    await whoAmI(renewed),
    { status: 503, body: { error: { reason: 'account_purge' } } },
    'nor one while it is purged',
  )

  await studio.pool.query(
    `update deleted_accounts set deleted_at = now() - interval '1 day' where owner = $1`,
    [owner],
  )
  t.match(
    await whoAmI(renewed),
    { status: 200, body: { user: { id: userId, tier: 'starter', ephemeral_storage_bytes: 40 } } },
    'whoever logs in anew, in time, has the work back',
  )
  t.match(await read(studio.as(renewed)(`/v1/jobs/${job}`)), { status: 200, body: { status: 'canceled' } })
  const { rows } = await studio.pool.query('select 1 from deleted_accounts where owner = $1', [owner])
  t.strictSame(rows, [])
})

t.test('a ticket of such a token opens a stream that ends with the token', async (t) => {
  const token = await hs256(claimsOf())
  const { ticket } = (await read<{ ticket: string }>(studio.as(token)('/v1/ws/tickets', { method: 'POST' })))
    .body
  const socket = new WebSocket(`${studio.url.replace('http', 'ws')}/v1/ws?ticket=${ticket}`, ['framecast.v1'])
  await once(socket, 'open')
  socket.close()
  const late = (await read<{ ticket: string }>(studio.as(token)('/v1/ws/tickets', { method: 'POST' }))).body
    .ticket
  await studio.pool.query(`update ws_tickets set token_expires_at = now() - interval '1 second'`)
  const refused = new WebSocket(`${studio.url.replace('http', 'ws')}/v1/ws?ticket=${late}`, ['framecast.v1'])
  const [error] = await once(refused, 'error').catch((cause) => [cause])
  t.match(String(error), /401/)
})

t.test('JWT: keys are fetched at most once a minute on an unknown key', async (t) => {
  t.equal((await whoAmI(await asymmetric('ES256', claimsOf()))).status, 200)
  const { asked } = published
  for (let round = 0; round < 5; round += 1)
    t.match(await whoAmI(await asymmetric('ES256', claimsOf(), { kid: `unknown-${round}` })), refused())
  t.ok(published.asked - asked <= 1, `${published.asked - asked} times`)

  t.test('and an issuer that is away is left alone for a while', async (t) => {
    const tokens = createExternalTokens({ ...studio.config, AUTH_JWT_SECRET: '' })!
    published.status = 503
    const { asked } = published
    for (let round = 0; round < 3; round += 1)
      await t.rejects(tokens.verify(await asymmetric('RS256', claimsOf())), {
        code: 'AUTH_ERROR',
        status: 500,
      })
    t.equal(published.asked - asked, 1)
    published.status = 200
    await t.rejects(
      tokens.verify(await hs256(claimsOf())),
      { code: 'INVALID_TOKEN' },
      'where there is no secret, none will do',
    )
  })
})

t.test('where no other issuer is set up, there is none', async (t) => {
  t.equal(createExternalTokens({ ...studio.config, AUTH_JWT_SECRET: '', AUTH_JWKS_URL: '' }), null)
})

t.test('nothing secret is in the log', async (t) => {
  t.notMatch(JSON.stringify(studio.lines), /eyJ|a secret that/)
})

/** Failures that are ours: each has its code on the wire, says nothing of the inside, and is in the log with its cause. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import Koa from 'koa'
import { pino } from 'pino'
import t from 'tap'
import type { Logger } from '../../core/platform/log.ts'
import { errors, requestLog } from '../../server/middleware/request.ts'
import { read, startStudio, type WireError } from '../support/studio.ts'

const SECRET = 'a secret that is shared with the issuer'
let jwks: object | null = null
const issuer = createServer((_, response) => {
  response.writeHead(jwks ? 200 : 503, { 'content-type': 'application/json' })
  response.end(JSON.stringify(jwks ?? {}))
}).listen(0, '127.0.0.1')
await once(issuer, 'listening')
t.teardown(() => issuer.close())

const studio = await startStudio(t, {
  env: {
    RATE_LIMITS: 'on',
    AUTH_JWT_SECRET: SECRET,
    AUTH_JWKS_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks.json`,
  },
})
const session = await studio.logIn(studio)

const token = (claims: Record<string, string>): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(randomUUID())
    .setExpirationTime('10m')
    .sign(new TextEncoder().encode(SECRET))

/** Breaks the database by one statement, asks, and mends it. */
async function broken<T>(statement: string, mend: string, ask: () => Promise<T>): Promise<T> {
  await studio.pool.query(statement)
  try {
    return await ask()
  } finally {
    await studio.pool.query(mend)
  }
}

const INSIDES = /column|select|relation|syntax|renamed|invalid time|stack|\.ts/i

const ask = (path: string, bearer?: string) =>
  read<WireError>(bearer === undefined ? studio.request(path) : studio.as(bearer)(path))

const CASES = [
  {
    code: 'DATABASE_ERROR',
    what: 'a statement that the database refuses',
    break: 'alter table jobs rename column owner to renamed',
    mend: 'alter table jobs rename column renamed to owner',
    asks: [undefined],
    path: '/v1/jobs',
  },
  {
    code: 'USER_LOAD_ERROR',
    what: 'a user that cannot be read',
    break: 'alter table users rename column tier to renamed',
    mend: 'alter table users rename column renamed to tier',
    asks: [undefined, session],
    path: '/v1/auth/whoami',
  },
  {
    code: 'MEMBERSHIPS_LOAD_ERROR',
    what: 'teams that cannot be read',
    break: 'alter table memberships rename column role to renamed',
    mend: 'alter table memberships rename column renamed to role',
    asks: [undefined, session],
    path: '/v1/auth/whoami',
  },
  {
    code: 'DATABASE_ERROR',
    what: 'a count of requests that cannot be taken, which is nobody’s user',
    break: 'alter table rate_limits rename to renamed_limits; create view rate_limits as select 1 as nothing',
    mend: 'drop view rate_limits; alter table renamed_limits rename to rate_limits',
    asks: [undefined, session],
    path: '/v1/auth/whoami',
  },
]

for (const { code, what, path, mend, asks, ...fault } of CASES)
  t.test(`${what}: ${code}`, async (t) => {
    for (const bearer of asks) {
      const reply = await broken(fault.break, mend, () => ask(path, bearer))
      t.match(reply, { status: 500, body: { error: { code } } })
      t.notMatch(reply.body.error.message, INSIDES)
      t.equal((await ask(path, bearer)).status, 200, 'and all is well again afterwards')
    }
  })

t.test('an account that cannot be made: USER_PROVISION_FAILED', async (t) => {
  const bearer = await token({ email: 'new@studio.example' })
  const reply = await broken(
    'alter table users rename column name to renamed',
    'alter table users rename column renamed to name',
    () => ask('/v1/auth/whoami', bearer),
  )
  t.match(reply, { status: 500, body: { error: { code: 'USER_PROVISION_FAILED' } } })
  t.notMatch(reply.body.error.message, INSIDES)
  t.equal((await ask('/v1/auth/whoami', bearer)).status, 200, 'the next request makes it')
})

t.test('a new user without an email: MISSING_EMAIL, and no account', async (t) => {
  const count = async () => (await studio.pool.query('select count(*)::int as n from users')).rows[0].n
  const before = await count()
  t.match(await ask('/v1/auth/whoami', await token({})), {
    status: 401,
    body: { error: { code: 'MISSING_EMAIL' } },
  })
  t.equal(await count(), before)
})

t.test('keys of an issuer that cannot be had: AUTH_ERROR, until they can', async (t) => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const bearer = await new SignJWT({ email: 'keys@studio.example' })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .setSubject(randomUUID())
    .setExpirationTime('10m')
    .sign(privateKey)
  t.match(await ask('/v1/auth/whoami', bearer), { status: 500, body: { error: { code: 'AUTH_ERROR' } } })
  jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] }
})

t.test('each of them is in the log, with its cause', (t) => {
  const logged = studio.lines
    .filter(({ level }) => level === 'error' || level === 'warn')
    .map((line) => JSON.stringify(line).replaceAll('\\"', ''))
  for (const cause of ['owner does not exist', 'column u.tier', 'column m.role'])
    t.ok(
      logged.some((line) => new RegExp(cause).test(line)),
      cause,
    )
  t.end()
})

t.test('faults of the program: SERIALIZATION_ERROR for the reply, UNEXPECTED_ERROR for a slip', async (t) => {
  const lines: { msg?: string; err?: { message: string } }[] = []
  const log = pino({}, { write: (text: string) => lines.push(JSON.parse(text)) }) as unknown as Logger
  const circle: Record<string, unknown> = {}
  circle.round = circle
  const bodies: Record<string, unknown> = {
    '/circle': circle,
    '/bigint': { credits: 1n },
    '/list': [1, { throws: { toJSON: () => JSON.parse('{') } }],
    '/text': 'plain',
    '/fine': { fine: true },
    '/bytes': Buffer.from('bytes'),
  }
  const slips: Record<string, () => never> = {
    '/slip': () => (undefined as unknown as () => never)(),
    '/thrown-text': () => {
      throw 'renamed column'
    },
    '/invariant': () => {
      throw new Error('renamed column')
    },
  }
  const app = new Koa()
  app.use(requestLog(log))
  app.use(errors)
  app.use((ctx) => {
    slips[ctx.path]?.()
    ctx.status = 201
    ctx.body = bodies[ctx.path]
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const get = (path: string) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)
  for (const path of ['/circle', '/bigint', '/list']) {
    const reply = await read(get(path))
    t.match(
      reply,
      { status: 500, body: { error: { code: 'SERIALIZATION_ERROR', message: /quote request/ } } },
      path,
    )
    t.equal(reply.headers.get('content-type'), 'application/json; charset=utf-8')
  }
  for (const [path, code] of [
    ['/slip', 'UNEXPECTED_ERROR'],
    ['/thrown-text', 'UNEXPECTED_ERROR'],
    ['/invariant', 'INTERNAL_ERROR'],
  ]) {
    const reply = await read<WireError>(get(path!))
    t.match(reply, { status: 500, body: { error: { code } } }, String(path))
    t.notMatch(reply.body.error.message, INSIDES)
  }
  t.equal(lines.filter(({ msg }) => msg === 'unexpected failure').length, 6, 'all of them are in the log')
  t.match(await read(get('/fine')), { status: 201, body: { fine: true } })
  t.match(await read(get('/text')), { status: 201, body: 'plain' })
  t.match(await read(get('/bytes')), { status: 201, body: 'bytes' })
})

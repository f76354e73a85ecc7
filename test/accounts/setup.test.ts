/** The first account of an installation. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { createSetupLink } from '../../core/accounts/setup.ts'
import type { LogIn, Team } from '../../schemas/types.ts'
import { startDatabase } from '../support/postgres.ts'
import { startStack } from '../support/stack.ts'
import { read, type Studio, startStudio, type WireError } from '../support/studio.ts'

const password = 'a lamp that wakes at dusk'

/** A studio as it is before anybody has an account. */
async function startEmpty(t: Parameters<typeof startStudio>[0]): Promise<Studio> {
  const studio = await startStudio(t)
  await studio.pool.query(`delete from users where id <> '00000000-0000-0000-0000-000000000000'`)
  return studio
}

const linkOf = async (studio: Studio): Promise<{ link: string; token: string }> => {
  const link = (await studio.server.createSetupLink())!
  return { link, token: link.split('#')[1]! }
}
const setUp = (studio: Studio, json: object) =>
  read<LogIn & WireError>(studio.request('/v1/auth/setup', { json, headers: { authorization: '' } }))
const refused = { status: 404, body: { error: { code: 'NOT_FOUND', message: /set-up link/ } } }

t.test('a new installation prints a link that makes the first operator', async (t) => {
  const studio = await startEmpty(t)
  const { link, token } = await linkOf(studio)
  t.match(link, new RegExp(`^${studio.config.APP_BASE_URL}/setup#[\\w-]{43}$`))
  const { rows } = await studio.pool.query('select token_hash from setup_links')
  t.equal(rows.length, 1)
  t.notMatch(JSON.stringify(rows), new RegExp(token), 'the database holds a hash alone')
  const email = 'ada@studio.example'
  t.match(await setUp(studio, { token: 'nonsense', email, password }), refused)
  t.equal((await setUp(studio, { token, email, password: 'short' })).status, 400)
  t.equal((await setUp(studio, { token, email: 'nobody', password })).status, 400)
  t.equal((await setUp(studio, { email, password })).status, 400)

  await studio.pool.query(
    `update setup_links set created_at = now() - interval '2 days', expires_at = now() - interval '1 day'`,
  )
  t.match(await setUp(studio, { token, email, password }), refused, 'too old')

  const second = await linkOf(studio)
  const third = await linkOf(studio)
  const answers = await Promise.all(
    [second, third].map(({ token }, at) =>
      setUp(studio, { token, email: `operator${at}@studio.example`, password, name: 'Ada' }),
    ),
  )
  t.strictSame(answers.map(({ status }) => status).sort(), [201, 404], 'there is one first operator')
  const made = answers.find(({ status }) => status === 201)!
  t.match(made.body, { token_type: 'Bearer', user: { name: 'Ada', tier: 'creator' } })
  t.match(made.headers.get('set-cookie'), /^fc_session=eyJ/)
  const operators = await studio.pool.query('select email from users where is_operator')
  t.equal(operators.rowCount, 1)
  t.match((await read<Team[]>(studio.as(made.body.access_token)('/v1/teams'))).body, [
    { name: 'My Team', user_role: 'owner' },
  ])
  for (const used of [second, third])
    t.match(await setUp(studio, { token: used.token, email, password }), refused)
  t.equal(await studio.server.createSetupLink(), null, 'and no further link')
  t.notMatch(
    JSON.stringify(studio.lines),
    new RegExp([token, second.token, password].join('|')),
    'nothing of it is in the log of requests',
  )
})

t.test('a link is worth nothing once somebody has an account', async (t) => {
  const studio = await startEmpty(t)
  const { token } = await linkOf(studio)
  const signedUp = await read(
    studio.request('/v1/auth/signup', {
      json: { email: 'eve@studio.example', password },
      headers: { authorization: '' },
    }),
  )
  t.equal(signedUp.status, 201)
  t.match(await setUp(studio, { token, email: 'ada@studio.example', password }), refused)
})

t.test('where another issuer keeps the passwords there is no link', async (t) => {
  const { pool } = await startDatabase(t)
  const config = { APP_BASE_URL: 'https://films.example' }
  t.equal(await createSetupLink(pool, { ...config, AUTH_LOCAL: false }), null)
  t.match(await createSetupLink(pool, { ...config, AUTH_LOCAL: true }), /^https:\/\/films\.example\/setup#/)
})

t.test('migrations and servers say it when they find an empty database', async (t) => {
  const { url } = await startDatabase(t, { empty: true })
  const stack = await startStack(t, { databaseUrl: url, comfyuiUrls: ['http://127.0.0.1:9'] })
  const migrated = await promisify(execFile)(process.execPath, ['migrations/main.ts', 'up'], {
    cwd: join(import.meta.dirname, '../..'),
    env: { PATH: process.env.PATH ?? '', ...stack.env },
    timeout: 60_000,
  })
  const link = /http:\/\/localhost:3000\/setup#[\w-]{43}/
  t.match(migrated.stdout, new RegExp(`"setup_url":"${link.source}"`), 'in the log')
  t.match(migrated.stderr, new RegExp(`^ {2}${link.source}$`, 'm'), 'and in a line of its own')
  const { part } = await stack.startServer()
  t.match(await part.logged((line) => typeof line.setup_url === 'string'), {
    setup_url: /\/setup#[\w-]{43}$/,
  })
})

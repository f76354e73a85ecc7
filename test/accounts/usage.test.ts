import t from 'tap'
import { expireAccountRows } from '../../core/accounts/expire.ts'
import { createApiKey } from '../../core/accounts/keys.ts'
import type { Usage } from '../../schemas/types.ts'
import { buildMember, buildTeam, buildUser } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'
import { read, startStudio, type WireError } from '../support/studio.ts'

// Counters are written by hand here, without the renders they would come from.
const database = await startDatabase(t, { broken: true })
const studio = await startStudio(t, { database, timings: { meterMs: 3_600_000 } })
const { pool } = studio
const [ada, grace, viewer] = [await buildUser(pool), await buildUser(pool), await buildUser(pool)]
const teamId = await buildTeam(pool, grace)
await buildMember(pool, teamId, ada, 'member')
await buildMember(pool, teamId, viewer, 'viewer')
const [own, team] = [`framecast:user:${ada.userId}`, `framecast:team:${teamId}`]
for (const [owner, period, used] of [
  [own, '2026-01', 10],
  [own, '2026-03', 30],
  [own, '2026-02', 20],
  [team, '2026-03', 99],
] as const)
  await pool.query(
    `insert into usage (id, owner, period, renders_count, render_seconds, credits_used, credits_refunded, api_calls)
     values (gen_random_uuid(), $1, $2, 1, 12, $3, 4, 7)`,
    [owner, period, used],
  )
const asAda = studio.as(await studio.logIn(ada))
const usage = (query = '', as = asAda) => read<Usage[] & WireError>(as(`/v1/usage${query}`))

t.test('what one has used, newest month first', async (t) => {
  const all = await usage()
  t.equal(all.status, 200)
  t.strictSame(
    all.body.map(({ period }) => period),
    ['2026-03', '2026-02', '2026-01'],
  )
  t.match(all.body[0], {
    owner: own,
    renders_count: 1,
    render_seconds: 12,
    credits_used: 30,
    credits_refunded: 4,
    net_credits: 26,
    api_calls: 7,
  })
  t.match((await usage('?period=2026-02')).body, [{ period: '2026-02' }])
  t.strictSame((await usage('?period=1999-12')).body, [])
  const first = await usage('?limit=2')
  const rest = await usage(`?limit=2&cursor=${first.headers.get('x-next-cursor')}`)
  t.strictSame([...first.body, ...rest.body], all.body, 'in pages')
})

t.test('of a team, for those who work in it', async (t) => {
  t.match((await usage(`?owner=${team}`)).body, [{ owner: team, credits_used: 99 }])
  const { rawKey } = await createApiKey(pool, {
    userId: ada.userId,
    name: 'team',
    scopes: ['jobs:read'],
    owner: team,
  })
  t.match((await usage('', studio.as(rawKey))).body, [{ owner: team }], 'a key of the team asks for the team')
  const refused = { status: 403, body: { error: { code: 'AUTHORIZATION_ERROR' } } }
  t.match(await usage(`?owner=${team}`, studio.as(await studio.logIn(viewer))), refused, 'not for viewers')
  t.match(await usage(`?owner=framecast:user:${grace.userId}`), refused)
  t.match(await usage(`?owner=framecast:team:${ada.userId}`), refused)
  const { rawKey: narrow } = await createApiKey(pool, {
    userId: ada.userId,
    name: 'narrow',
    scopes: ['generate'],
  })
  t.match(await usage('', studio.as(narrow)), refused, 'nor for a key without the scope')
})

t.test('questions that make no sense', async (t) => {
  for (const query of [
    '?period=2026',
    '?period=2026-13',
    '?period=march',
    '?owner=ada',
    '?limit=many',
    '?cursor=x',
  ])
    t.match(await usage(query), { status: 400, body: { error: { code: 'VALIDATION_ERROR' } } }, query)
})

t.test('rows of accounts that have had their time are removed', async (t) => {
  const { id: kept } = await createApiKey(pool, { userId: ada.userId, name: 'kept', scopes: ['*'] })
  const { id: gone } = await createApiKey(pool, { userId: ada.userId, name: 'gone', scopes: ['*'] })
  await pool.query(
    `update api_keys set revoked_at = now() - case id when $1 then interval '31 days' else interval '29 days' end
     where id in ($1, $2)`,
    [gone, kept],
  )
  const sessions = `select count(*)::int as n from sessions where user_id = $1`
  await pool.query(
    `insert into sessions (id, user_id, created_at, expires_at, revoked_at) values
       (gen_random_uuid(), $1, now() - interval '20 days', now() - interval '8 days', null),
       (gen_random_uuid(), $1, now() - interval '20 days', now() + interval '9 days', now() - interval '8 days'),
       (gen_random_uuid(), $1, now() - interval '20 days', now() - interval '6 days', null)`,
    [grace.userId],
  )
  await pool.query(
    `insert into rate_limits values ('user:x', now() - interval '2 hours', 1), ('user:x', now(), 1)`,
  )
  await pool.query(
    `insert into login_failures values ('email:x', now() - interval '2 hours', 1), ('email:x', now(), 1)`,
  )
  await pool.query(
    `insert into setup_links (token_hash, created_at, expires_at) values
       ('old', now() - interval '2 days', now() - interval '1 day'), ('new', now(), now() + interval '1 day')`,
  )
  await expireAccountRows(pool)
  const keys = await pool.query('select id from api_keys where id in ($1, $2)', [gone, kept])
  t.strictSame(keys.rows, [{ id: kept }])
  t.strictSame((await pool.query(sessions, [grace.userId])).rows, [{ n: 1 }])
  for (const table of ['rate_limits', 'login_failures', 'setup_links'])
    t.equal((await pool.query(`select 1 from ${table}`)).rowCount, 1, table)
})

import t from 'tap'
import type { ApiKey, NewApiKey } from '../../schemas/types.ts'
import { buildMember, buildTeam, buildUser } from '../support/builders.ts'
import { read, startStudio, type WireError } from '../support/studio.ts'

const studio = await startStudio(t)
const ada = await buildUser(studio.pool)
const grace = await buildUser(studio.pool)
const starter = await buildUser(studio.pool, { tier: 'starter' })
const teamId = await buildTeam(studio.pool, grace)
await buildMember(studio.pool, teamId, ada, 'member')
const [asAda, asGrace, asStarter] = (await Promise.all([ada, grace, starter].map(studio.logIn))).map(
  studio.as,
) as [typeof studio.request, typeof studio.request, typeof studio.request]

const make = (as: typeof studio.request, json: object = {}) =>
  read<NewApiKey & WireError>(as('/v1/auth/keys', { json }))
const revoke = (as: typeof studio.request, id: string) => as(`/v1/auth/keys/${id}`, { method: 'DELETE' })

t.test('a key by default', async (t) => {
  const made = await read<NewApiKey>(asAda('/v1/auth/keys', { method: 'POST' }))
  t.equal(made.status, 201)
  const { api_key: key, raw_key: rawKey } = made.body
  t.match(key, {
    user_id: ada.userId,
    owner: `framecast:user:${ada.userId}`,
    name: 'Default',
    key_prefix: 'sk_live_',
    scopes: ['*'],
    last_used_at: null,
    expires_at: null,
    revoked_at: null,
  })
  t.match(rawKey, /^sk_live_[0-9a-f]{32}$/)
  t.equal(made.headers.get('location'), `/v1/auth/keys/${key.id}`)
  t.equal((await studio.as(rawKey)('/v1/jobs')).status, 200)
  const again = await read<ApiKey>(asAda(`/v1/auth/keys/${key.id}`))
  t.match(again.body, { id: key.id, last_used_at: /Z$/ }, 'its use is noted')
  const { rows } = await studio.pool.query('select key_hash, key_hash_prefix from api_keys where id = $1', [
    key.id,
  ])
  t.match(rows[0], { key_hash: /^[0-9a-f]{64}:[0-9a-f]{64}$/, key_hash_prefix: /^[0-9a-f]{16}$/ })
  t.notMatch(JSON.stringify(rows), new RegExp(rawKey.slice(8)), 'the database holds a hash alone')
})

t.test('what a key may be', async (t) => {
  const cases: [what: string, as: typeof asAda, request: object, status: number, message?: RegExp][] = [
    ['of a team', asAda, { owner: `framecast:team:${teamId}`, scopes: ['generate'] }, 201],
    ['of a membership', asAda, { owner: `framecast:${teamId}:${ada.userId}` }, 201],
    ['with an end', asAda, { expires_at: '2999-01-01T00:00:00+02:00', name: 'x'.repeat(100) }, 201],
    ['with a scope twice', asAda, { scopes: ['generate', 'generate'] }, 201],
    [
      'with nulls for what is left out',
      asAda,
      { name: null, owner: null, scopes: null, expires_at: null },
      201,
    ],
    ['of a starter, with scopes', asStarter, { scopes: ['generate', 'jobs:read'] }, 201],
    ['a malformed owner', asAda, { owner: 'framecast:nobody' }, 400, /framecast:user:<id>/],
    ['no scopes', asAda, { scopes: [] }, 400, /at least one/],
    ['an unknown scope', asAda, { scopes: ['jobs:fly'] }, 400, /no scope "jobs:fly"/],
    ['an end in the past', asAda, { expires_at: '2001-01-01T00:00:00Z' }, 400, /in the future/],
    ['an end that is no time', asAda, { expires_at: 'tomorrow' }, 400, /such as/],
    ['an end that no calendar has', asAda, { expires_at: '2999-13-45T00:00:00Z' }, 400, /such as/],
    ['no name', asAda, { name: '' }, 400],
    ['a long name', asAda, { name: 'x'.repeat(101) }, 400],
    ['somebody else’s', asAda, { owner: `framecast:user:${grace.userId}` }, 403, /out of your reach/],
    ['somebody else’s membership', asAda, { owner: `framecast:${teamId}:${grace.userId}` }, 403],
    ['of a team of others', asStarter, { owner: `framecast:team:${teamId}`, scopes: ['generate'] }, 403],
    ['of a team that is not there', asAda, { owner: `framecast:team:${ada.userId}` }, 403],
    ['everything, for a starter', asStarter, {}, 403, /\*/],
    ['projects, for a starter', asStarter, { scopes: ['projects:read'] }, 403, /projects:read/],
  ]
  for (const [what, as, request, status, message = /./] of cases) {
    const made = await make(as, request)
    t.equal(made.status, status, what)
    if (status !== 201) t.match(made.body.error.message, message, what)
    else await revoke(as, made.body.api_key.id)
  }
})

t.test('a viewer makes no key of the team', async (t) => {
  const viewer = await buildUser(studio.pool)
  await buildMember(studio.pool, teamId, viewer, 'viewer')
  const asViewer = studio.as(await studio.logIn(viewer))
  t.match(await make(asViewer, { owner: `framecast:team:${teamId}` }), {
    status: 403,
    body: { error: { code: 'AUTHORIZATION_ERROR', message: /viewer/ } },
  })
  t.equal((await make(asViewer)).status, 201)
})

t.test('a key of a team opens that team alone, and ends with the membership', async (t) => {
  const leaver = await buildUser(studio.pool)
  await buildTeam(studio.pool, leaver)
  await buildMember(studio.pool, teamId, leaver, 'member')
  const asLeaver = studio.as(await studio.logIn(leaver))
  const owner = `framecast:team:${teamId}`
  const { raw_key: teamKey, api_key: key } = (await make(asLeaver, { owner })).body
  const { raw_key: ownKey } = (await make(asLeaver)).body
  const personal = `framecast:user:${leaver.userId}`
  const usage = (rawKey: string, of: string) => studio.as(rawKey)(`/v1/usage?owner=${of}`)
  t.equal((await usage(teamKey, owner)).status, 200)
  t.equal((await usage(teamKey, personal)).status, 403, 'not its user’s own work')
  t.equal((await usage(ownKey, owner)).status, 200, 'a personal key reaches what its user reaches')
  const removed = await asGrace(`/v1/teams/${teamId}/members/${leaver.userId}`, { method: 'DELETE' })
  t.equal(removed.status, 204)
  t.match(await read(studio.as(teamKey)('/v1/status')), {
    status: 401,
    body: { error: { code: 'INVALID_API_KEY', message: 'Invalid or expired API key' } },
  })
  t.match(await read(asLeaver(`/v1/auth/keys/${key.id}`)), { body: { revoked_at: /Z$/ } })
  t.equal((await studio.as(ownKey)('/v1/status')).status, 200)
})

t.test('renaming and revoking', async (t) => {
  const { api_key: key, raw_key: rawKey } = (await make(asAda, { name: 'First' })).body
  const rename = (json: object) =>
    read<ApiKey & WireError>(asAda(`/v1/auth/keys/${key.id}`, { method: 'PATCH', json }))
  t.match(await rename({ name: 'Second', scopes: ['generate'], owner: 'x' }), {
    status: 200,
    body: { ...key, name: 'Second' },
  })
  t.equal((await rename({})).status, 400)
  t.equal((await rename({ name: null })).status, 400)
  t.equal((await revoke(asAda, key.id)).status, 204)
  t.equal((await studio.as(rawKey)('/v1/status')).status, 401, 'from the next request on')
  t.match(await read(revoke(asAda, key.id)), { status: 409, body: { error: { code: 'CONFLICT' } } })
  t.match(await rename({ name: 'Third' }), { status: 409, body: { error: { code: 'CONFLICT' } } })
})

t.test('a key that has expired opens nothing', async (t) => {
  const { api_key: key, raw_key: rawKey } = (await make(asAda, { expires_at: '2999-01-01T00:00:00Z' })).body
  await studio.pool.query(
    `update api_keys set created_at = now() - interval '2 days', expires_at = now() - interval '1 second' where id = $1`,
    [key.id],
  )
  t.match(await read(studio.as(rawKey)('/v1/status')), {
    status: 401,
    body: { error: { code: 'INVALID_API_KEY' } },
  })
})

t.test('keys of others are not there', async (t) => {
  const { api_key: key } = (await make(asGrace)).body
  for (const id of [key.id, '01a1fd5b-da12-7c55-8e0f-3b7f6f1c2d90']) {
    const answers = await Promise.all([
      read(asAda(`/v1/auth/keys/${id}`)),
      read(asAda(`/v1/auth/keys/${id}`, { method: 'PATCH', json: { name: 'mine' } })),
      read(revoke(asAda, id)),
    ])
    for (const answer of answers)
      t.match(answer, {
        status: 404,
        body: { error: { code: 'NOT_FOUND', message: 'Not found: no such key' } },
      })
  }
  t.equal((await asAda('/v1/auth/keys/not-an-id')).status, 400)
  const listed = await read<ApiKey[]>(asAda('/v1/auth/keys'))
  t.ok(listed.body.every(({ user_id }) => user_id === ada.userId))
})

t.test('the list', async (t) => {
  const lister = await buildUser(studio.pool)
  const as = studio.as(await studio.logIn(lister))
  const ids: string[] = []
  for (const name of ['a', 'b', 'c']) ids.unshift((await make(as, { name })).body.api_key.id)
  await revoke(as, ids[1]!)
  const first = await read<ApiKey[]>(as('/v1/auth/keys?limit=2'))
  t.strictSame(
    first.body.map(({ id }) => id),
    ids.slice(0, 2),
    'newest first, revoked ones included',
  )
  const second = await read<ApiKey[]>(
    as(`/v1/auth/keys?limit=2&cursor=${first.headers.get('x-next-cursor')}`),
  )
  t.strictSame(
    second.body.map(({ id }) => id),
    ids.slice(2),
  )
  t.equal(second.headers.get('x-next-cursor'), null)
})

t.test('fifty keys are enough, also when they are asked for at once', async (t) => {
  const holder = await buildUser(studio.pool)
  const as = studio.as(await studio.logIn(holder))
  await studio.pool.query(
    `insert into api_keys (id, user_id, owner, key_hash)
     select gen_random_uuid(), $1::uuid, 'framecast:user:' || $1, 'full:' || n from generate_series(1, 48) n`,
    [holder.userId],
  )
  const made = await Promise.all([1, 2, 3, 4].map(() => make(as)))
  t.strictSame(made.map(({ status }) => status).sort(), [201, 201, 409, 409])
  const { body } = made.find(({ status }) => status === 201)!
  t.equal((await revoke(as, body.api_key.id)).status, 204)
  t.equal((await make(as)).status, 201, 'a revoked one makes room')
})

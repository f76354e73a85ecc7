import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { UserPrincipal } from '../../core/access/principal.ts'
import { enqueuePurges } from '../../core/accounts/purge.ts'
import type { AuditEntry, LogIn, Team, User } from '../../schemas/types.ts'
import { purgeAccountTask } from '../../worker/tasks/purge-account.ts'
import { buildJob, buildMember, buildTeam, buildUser, jobRow } from '../support/builders.ts'
import { read, startStudio, type WireError } from '../support/studio.ts'

const studio = await startStudio(t)
const { pool } = studio
const asUser = async (user: Pick<UserPrincipal, 'userId'>) => studio.as(await studio.logIn(user))

t.test('reading and changing one’s own account', async (t) => {
  const ada = await buildUser(pool, { tier: 'starter', credits: 5 })
  const as = await asUser(ada)
  const change = (json: object) => read<User & WireError>(as('/v1/account', { method: 'PATCH', json }))
  t.match(await read(as('/v1/account')), {
    status: 200,
    body: { id: ada.userId, email: ada.email, name: null, avatar_url: null, tier: 'starter', credits: 5 },
  })
  const avatar_url = 'https://pictures.example/ada.png'
  t.match(await change({ name: 'Ada', avatar_url }), { status: 200, body: { name: 'Ada', avatar_url } })
  t.match(
    await change({ avatar_url: null }),
    { body: { name: 'Ada', avatar_url: null } },
    'what is not named stays',
  )
  t.match(await change({}), { status: 200, body: { name: 'Ada' } })
  t.match(await change({ name: null }), { body: { name: null } })
  t.match(
    await change({ tier: 'creator', credits: 9, email: 'x@y.example', is_operator: true }),
    { status: 200, body: { tier: 'starter', credits: 5, email: ada.email } },
    'money, tier and address are not taken from here',
  )
  for (const bad of [
    { name: '' },
    { name: 'x'.repeat(101) },
    { name: 7 },
    { avatar_url: 'no address' },
    { avatar_url: 'javascript:alert(1)' },
    { avatar_url: `https://x.example/${'a'.repeat(2_040)}` },
  ])
    t.match(await change(bad), { status: 400, body: { error: { code: 'VALIDATION_ERROR' } } })
})

t.test('becoming a creator', async (t) => {
  const ada = await buildUser(pool, { tier: 'starter' })
  const as = await asUser(ada)
  const upgrade = (json: object) => read<User & WireError>(as('/v1/account/upgrade', { json }))
  const conflict = (tier: string) => ({
    status: 409,
    body: { error: { code: 'CONFLICT', message: `Conflict: User is already ${tier}` } },
  })
  t.match(await read(as('/v1/teams')), {
    status: 403,
    body: {
      error: { code: 'INSUFFICIENT_TIER', message: 'Only creator tier users can access team operations' },
    },
  })
  t.equal((await upgrade({})).status, 400)
  t.equal((await upgrade({ target_tier: 'admin' })).status, 400)
  t.match(await upgrade({ target_tier: 'starter' }), conflict('starter'))
  t.match(await upgrade({ target_tier: 'creator' }), {
    status: 200,
    body: { tier: 'creator', upgraded_at: /Z$/ },
  })
  t.match(await upgrade({ target_tier: 'creator' }), conflict('creator'))
  t.match(await upgrade({ target_tier: 'starter' }), {
    status: 400,
    body: { error: { code: 'VALIDATION_ERROR' } },
  })
  const teams = await read<Team[]>(as('/v1/teams'))
  t.match(teams.body, [{ name: 'My Team', slug: /^my-team-[0-9a-f]{8}$/, credits: 0, user_role: 'owner' }])
  t.match(await read(as(`/v1/teams/${teams.body[0]!.id}/projects`)), {
    body: [
      {
        name: 'Welcome to Framecast',
        status: 'draft',
        created_by: ada.userId,
        spec: { title: 'Welcome to Framecast' },
      },
    ],
  })
})

t.test('a browser gets a new session with its new rights', async (t) => {
  const email = 'browser@studio.example'
  const password = 'a lamp that wakes at dusk'
  const signedUp = await studio.request('/v1/auth/signup', {
    json: { email, password },
    headers: { authorization: '' },
  })
  const { access_token: first } = (await signedUp.json()) as LogIn
  const origin = studio.config.APP_BASE_URL
  const cookieOf = (reply: Response) => reply.headers.get('set-cookie')?.split(';')[0]
  const by = (cookie: string | undefined, path: string, init: Parameters<typeof studio.request>[1] = {}) =>
    studio.request(path, { ...init, headers: { authorization: '', origin, cookie: cookie ?? '' } })
  const upgraded = await by(cookieOf(signedUp), '/v1/account/upgrade', { json: { target_tier: 'creator' } })
  t.equal(upgraded.status, 200)
  const renewed = cookieOf(upgraded)
  t.match(renewed, /^fc_session=eyJ/)
  t.not(renewed, cookieOf(signedUp))
  t.equal((await by(renewed, '/v1/teams')).status, 200)
  t.equal((await by(cookieOf(signedUp), '/v1/teams')).status, 200, 'what was under way may end')
  const ages = await pool.query(
    `select expires_at < now() + interval '61 seconds' as ends_soon from sessions s join users u on u.id = s.user_id
     where u.email = $1 order by s.created_at`,
    [email],
  )
  t.strictSame(ages.rows, [{ ends_soon: true }, { ends_soon: false }])
  const changed = await by(renewed, '/v1/auth/password', {
    json: { current_password: password, new_password: `${password}!` },
  })
  t.equal(changed.status, 204)
  t.match(cookieOf(changed), /^fc_session=eyJ/)
  t.equal((await studio.as(first)('/v1/account')).status, 401)
  t.equal((await by(cookieOf(changed), '/v1/account')).status, 200)
})

t.test('deleting the account', async (t) => {
  const remove = async (as: typeof studio.request) => read<WireError>(as('/v1/account', { method: 'DELETE' }))

  t.test('is refused to the only owner of a team, and then changes nothing', async (t) => {
    const ada = await buildUser(pool)
    const as = await asUser(ada)
    const alone = await buildTeam(pool, ada, { name: 'Alone' })
    const shared = await buildTeam(pool, ada, { name: 'Shared' })
    const grace = await buildUser(pool)
    await buildMember(pool, shared, grace, 'admin')
    const job = await buildJob(pool, ada)
    t.match(await remove(as), {
      status: 409,
      body: { error: { code: 'CONFLICT', message: /only owner of "Alone", "Shared"/ } },
    })
    t.match(await jobRow(pool, job), { status: 'queued', triggered_by: ada.userId })
    t.equal((await as('/v1/account')).status, 200)

    await pool.query(`update memberships set role = 'owner' where team_id = $1 and user_id = $2`, [
      shared,
      grace.userId,
    ])
    t.match(await remove(as), { status: 409, body: { error: { message: /only owner of "Alone":/ } } })
    t.equal((await as(`/v1/teams/${alone}`, { method: 'DELETE' })).status, 204)
    t.equal((await remove(as)).status, 204)
    const { rows } = await pool.query('select user_id from memberships where team_id = $1', [shared])
    t.strictSame(rows, [{ user_id: grace.userId }], 'the team goes on')
  })

  t.test('ends what is personal and keeps what history needs, without the name', async (t) => {
    const ada = await buildUser(pool, { credits: 100 })
    const owner = `framecast:user:${ada.userId}`
    const grace = await buildUser(pool)
    const teamId = await buildTeam(pool, grace)
    await buildMember(pool, teamId, ada, 'member')
    const token = await studio.logIn(ada)
    const as = studio.as(token)
    const key = await read<{ raw_key: string }>(as('/v1/auth/keys', { method: 'POST' }))
    const personal = await buildJob(pool, ada, { credits: 10 })
    const forTeam = await buildJob(pool, ada, { owner: `framecast:team:${teamId}`, idempotencyKey: 'hers' })
    const project = await read<{ id: string }>(as(`/v1/teams/${teamId}/projects`, { json: { name: 'Hers' } }))
    t.equal(project.status, 201)

    const gone = await as('/v1/account', { method: 'DELETE' })
    t.equal(gone.status, 204)
    t.match(gone.headers.get('set-cookie'), /^fc_session=; .*Max-Age=0/)
    for (const credential of [token, key.body.raw_key])
      t.equal((await studio.as(credential)('/v1/auth/whoami')).status, 401)
    const nobody = '00000000-0000-0000-0000-000000000000'
    t.match(await jobRow(pool, personal), {
      status: 'canceled',
      failure_type: 'canceled',
      credits_refunded: 9,
      triggered_by: nobody,
      owner,
    })
    t.match(await jobRow(pool, forTeam), { status: 'queued', triggered_by: nobody, idempotency_key: null })
    const asGrace = await asUser(grace)
    t.match(await read(asGrace(`/v1/projects/${project.body.id}`)), {
      status: 200,
      body: { created_by: nobody },
    })
    for (const table of [
      'users where id',
      'api_keys where user_id',
      'sessions where user_id',
      'memberships where user_id',
    ]) {
      const { rows } = await pool.query(`select 1 from ${table} = $1`, [ada.userId])
      t.strictSame(rows, [], table)
    }
    const books = await pool.query(
      `select kind, amount from credit_entries where source = $1 and kind in ('refund', 'forfeit') order by kind`,
      [owner],
    )
    t.strictSame(
      books.rows,
      [
        { kind: 'forfeit', amount: 109 },
        { kind: 'refund', amount: 9 },
      ],
      'the refund came first, and what was left of the balance is off the books',
    )
    const { rows } = await pool.query(
      `select action, details from audit_entries where actor_id = $1 and action = 'user.deleted'`,
      [ada.userId],
    )
    t.strictSame(rows, [{ action: 'user.deleted', details: { jobs_canceled: 1 } }])
  })

  t.test('a render that is asked for at the same moment is refused or canceled', async (t) => {
    const ada = await buildUser(pool, { tier: 'starter' })
    const as = await asUser(ada)
    const spec = { title: 'x', scenes: [{ id: 'a', prompt: 'A quiet harbor at dawn', duration: 2 }] }
    const [gone, asked] = await Promise.all([
      remove(as),
      read<{ id: string }>(as('/v1/generate', { json: { spec, options: { engine: 'preview' } } })),
    ])
    t.equal(gone.status, 204)
    t.ok([201, 401, 409].includes(asked.status), `${asked.status}`)
    const { rows } = await pool.query('select status from jobs where owner = $1', [
      `framecast:user:${ada.userId}`,
    ])
    t.ok(rows.every(({ status }) => status === 'canceled'))
  })
})

t.test('what is personal is purged after thirty days, rows and objects', async (t) => {
  const ada = await buildUser(pool, { tier: 'starter' })
  const owner = `framecast:user:${ada.userId}`
  const job = await buildJob(pool, ada)
  const put = (key: string) =>
    studio.store.putBytes(key, Buffer.from('film'), 'video/mp4', new AbortController().signal)
  const [film, upload] = [
    `user/${ada.userId}/jobs/${job}/final.mp4`,
    `user/${ada.userId}/assets/${randomUUID()}/a.mp4`,
  ]
  await Promise.all([put(film), put(upload)])
  await pool.query(
    `insert into asset_files (id, owner, uploaded_by, filename, s3_key, content_type, size_bytes, status)
     values (gen_random_uuid(), $1, $2, 'a.mp4', $3, 'video/mp4', 4, 'ready')`,
    [owner, ada.userId, upload],
  )
  const usage = () => pool.query(`select 1 from usage where owner = $1 and period = '2026-01'`, [owner])
  await pool.query(`insert into usage (id, owner, period) values (gen_random_uuid(), $1, '2026-01')`, [owner])
  t.equal((await (await asUser(ada))('/v1/account', { method: 'DELETE' })).status, 204)

  const left = async () => {
    const { rows } = await pool.query(
      `select (select count(*) from jobs where owner = $1)::int as jobs, (select count(*) from asset_files where owner = $1)::int as files,
         (select count(*) from deleted_accounts where owner = $1)::int as accounts`,
      [owner],
    )
    let objects = 0
    for await (const _ of studio.store.list(`user/${ada.userId}/`)) objects += 1
    return { ...rows[0], objects }
  }
  const rung = async () => {
    await enqueuePurges(pool)
    const { rows } = await pool.query(`select 1 from graphile_worker._private_jobs where key = $1`, [
      `purge:${owner}`,
    ])
    return rows.length
  }
  const task = purgeAccountTask(pool, studio.store)
  const purge = () => task({ owner }, {} as Parameters<typeof task>[1])

  t.equal(await rung(), 0)
  await purge()
  t.strictSame(await left(), { jobs: 1, files: 1, accounts: 1, objects: 2 }, 'not before their time')
  await pool.query(`update deleted_accounts set deleted_at = now() - interval '31 days' where owner = $1`, [
    owner,
  ])
  t.equal(await rung(), 1)
  t.equal(await rung(), 1, 'once')
  await purge()
  t.strictSame(await left(), { jobs: 0, files: 0, accounts: 0, objects: 0 })
  t.equal((await usage()).rowCount, 1, 'usage is kept')
  await purge()
  for (const bad of ['', 'framecast:team:x', `framecast:team:${ada.userId}`])
    await t.rejects(async () => task({ owner: bad }, {} as Parameters<typeof task>[1]), /no person/)
})

t.test('the audit trail', async (t) => {
  const [ada, grace] = [await buildUser(pool), await buildUser(pool)]
  const teamId = await buildTeam(pool, ada)
  await buildMember(pool, teamId, grace, 'member')
  const [asAda, asGrace] = [await asUser(ada), await asUser(grace)]
  await asAda('/v1/auth/keys', { json: { name: 'Own' } })
  await asGrace('/v1/auth/keys', { json: { owner: `framecast:team:${teamId}` } })
  const own = await read<AuditEntry[]>(asAda('/v1/account/audit'))
  t.match(own.body, [
    {
      team_id: null,
      actor_id: ada.userId,
      actor_kind: 'user',
      action: 'api_key.created',
      subject_type: 'api_key',
      details: { owner: `framecast:user:${ada.userId}`, scopes: ['*'] },
    },
  ])
  t.equal(own.body.length, 1, 'nothing of others')
  const ofTeam = await read<AuditEntry[]>(asAda(`/v1/teams/${teamId}/audit`))
  t.match(ofTeam.body, [{ team_id: teamId, actor_id: grace.userId, action: 'api_key.created' }])
  t.notMatch(JSON.stringify([own.body, ofTeam.body]), /sk_live_|argon2/)
  const refused = { status: 403, body: { error: { code: 'AUTHORIZATION_ERROR' } } }
  t.match(await read(asGrace(`/v1/teams/${teamId}/audit`)), refused, 'members do not read it')
  t.match(
    await read(asGrace(`/v1/teams/${ada.userId}/audit`)),
    refused,
    'nor anybody that of a team that is not there',
  )

  await asAda('/v1/auth/keys', { json: { name: 'Second' } })
  const first = await read<AuditEntry[]>(asAda('/v1/account/audit?limit=1'))
  const next = await read<AuditEntry[]>(
    asAda(`/v1/account/audit?limit=1&cursor=${first.headers.get('x-next-cursor')}`),
  )
  t.strictSame(next.body, own.body, 'newest first, in pages')
})

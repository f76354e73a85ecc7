/** Rules that hold for every operation, and that no operation could keep alone. */
import { type Test, t } from 'tap'
import { newId } from '../../core/platform/ids.ts'
import { OPERATIONS } from '../../server/openapi/operations.ts'
import { read, startStudio, type WireError } from '../support/studio.ts'
import { buildWorld, fingerprint, make, teamUrn } from './world.ts'

type Body = Record<string, unknown>
type Answer = { status: number; body: Body & Partial<WireError> }

const PASSWORD = 'canary-password-5c1d'
const studio = await startStudio(t)
const world = await buildWorld(studio)
const { team, foreignTeam, author, stranger } = world
const owner = world.actors.find(({ name }) => name === 'an owner')!

const ask = (what: string, json?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
  const [method = '', path = ''] = what.split(' ')
  return read<Body>(
    studio.request(path, {
      method,
      headers: { authorization: owner.authorization, ...headers },
      ...(json === undefined ? {} : { json }),
    }),
  )
}

t.test(
  'money, status, owner, role and tier are never taken from a body that does not name them',
  async (t) => {
    const project = await make(world, 'project', { teamId: team, owner: teamUrn(team), by: author })
    const wished = {
      id: newId(),
      user_id: stranger.userId,
      team_id: foreignTeam,
      created_by: stranger.userId,
      uploaded_by: stranger.userId,
      triggered_by: stranger.userId,
      invited_by: stranger.userId,
      tier: 'creator',
      credits: 1_000_000,
      credits_charged: -1_000_000,
      ephemeral_storage_bytes: -1,
      status: 'completed',
      state: 'accepted',
      user_role: 'owner',
      is_operator: true,
      is_active: false,
      upgraded_at: '2020-01-01T00:00:00Z',
      created_at: '2020-01-01T00:00:00Z',
      s3_key: 'user/other/film.mp4',
      secret: 'x',
      token: 'x',
      key_hash: 'x',
      spec_revision: 99,
    }
    const rows: readonly (readonly [string, Body, Body])[] = [
      [
        'POST /v1/auth/signup',
        { email: 'wishes@example.test', password: PASSWORD },
        { user: { tier: 'starter', credits: 0, upgraded_at: null } },
      ],
      [
        'PATCH /v1/account',
        { name: 'Ada' },
        { id: owner.user!.userId, credits: 0, ephemeral_storage_bytes: 0 },
      ],
      [
        'POST /v1/auth/keys',
        { name: 'k', scopes: ['generate'] },
        { api_key: { user_id: owner.user!.userId } },
      ],
      ['POST /v1/teams', { name: 'Wishes' }, { credits: 0, ephemeral_storage_bytes: 0, user_role: 'owner' }],
      ['PATCH /v1/teams/:team', { name: 'Asked' }, { id: team, credits: 0, ephemeral_storage_bytes: 0 }],
      [
        'POST /v1/teams/:team/invitations',
        { email: 'wished@example.test', role: 'viewer' },
        { team_id: team, state: 'pending', invited_by: owner.user!.userId },
      ],
      [
        'POST /v1/teams/:team/projects',
        { name: 'Wishes' },
        { team_id: team, created_by: owner.user!.userId, status: 'draft', spec_revision: 1 },
      ],
      [
        'PATCH /v1/projects/:project',
        { name: 'Renamed' },
        { team_id: team, status: 'draft', spec_revision: 1 },
      ],
      ['PUT /v1/projects/:project/spec', { spec: {} }, { team_id: team, status: 'draft', spec_revision: 2 }],
      [
        'POST /v1/assets/upload-url',
        { filename: 'a.png', content_type: 'image/png', size_bytes: 9 },
        { asset: { status: 'pending', uploaded_by: owner.user!.userId } },
      ],
      [
        'POST /v1/teams/:team/webhooks',
        { url: 'https://93.184.216.34/hook', events: ['job.failed'] },
        { webhook: { team_id: team, created_by: owner.user!.userId, is_active: true } },
      ],
      [
        'POST /v1/generate',
        { spec: { title: 'One', scenes: [{ id: 'a', prompt: 'a quiet harbor at dawn', duration: 2 }] } },
        { triggered_by: owner.user!.userId, status: 'queued', output: null },
      ],
    ]
    for (const [what, named, wanted] of rows) {
      const { status, body } = await ask(
        what.replace(':team', team).replace(':project', project),
        { ...wished, ...named },
        what.includes('/auth/signup') ? { authorization: '' } : {},
      )
      t.ok(status === 200 || status === 201, `${what}: ${status}`)
      t.match(body, wanted, what)
      const text = JSON.stringify(body)
      for (const value of [wished.id, stranger.userId, wished.s3_key, '2020-01-01'])
        t.notMatch(text, value, `${what} does not say ${value}`)
    }
    const { rows: raised } = await studio.pool.query(
      `select 1 from users where is_operator or credits <> 0 union all select 1 from teams where credits <> 0`,
    )
    t.strictSame(raised, [], 'nobody became rich or an operator by it')
  },
)

t.test('an id inside a body or a query is tested like one in the path', async (t) => {
  const foreign = {
    project: await make(world, 'project', { teamId: foreignTeam, owner: teamUrn(foreignTeam), by: stranger }),
    asset: await make(world, 'asset', { teamId: foreignTeam, owner: teamUrn(foreignTeam), by: stranger }),
  }
  const upload = (project_id: string) =>
    ask('POST /v1/assets/upload-url', {
      filename: 'a.png',
      content_type: 'image/png',
      size_bytes: 9,
      project_id,
    })
  const check = (id: string) =>
    ask('POST /v1/spec/validate', {
      spec: {
        title: 'One',
        symbols: { mara: { prompt: 'a woman in a red coat', reference_images: [{ id }] } },
        scenes: [{ id: 'a', prompt: '@mara waits at the quay', duration: 2 }],
      },
    })
  /** The answer with the id taken out of it: what is left may not tell one from the other. */
  const same = async (t: Test, what: string, of: (id: string) => Promise<Answer>, id: string) => {
    const missing = newId()
    const [a, b] = [await of(id), await of(missing)]
    const told = (answer: Answer, own: string) =>
      JSON.stringify([answer.status, answer.body]).replaceAll(own, 'ID')
    t.equal(told(a, id), told(b, missing), what)
    return a
  }
  t.equal((await same(t, 'project of an upload', upload, foreign.project)).status, 404)
  t.match((await same(t, 'picture of a storyboard', check, foreign.asset)).body, { valid: false })
  for (const list of ['/v1/jobs', '/v1/assets']) {
    const of = (id: string) => ask(`GET ${list}?project_id=${id}`)
    t.strictSame((await same(t, `${list} of a project`, of, foreign.project)).body, [])
    const byOwner = (id: string) => ask(`GET ${list}?owner=${teamUrn(id)}`)
    t.strictSame((await same(t, `${list} of an owner`, byOwner, foreignTeam)).body, [])
  }
})

t.test('no credential is taken from an address or a body', async (t) => {
  const token = owner.authorization.replace('Bearer ', '')
  for (const name of ['access_token', 'token', 'authorization', 'api_key', 'key', 'ticket', 'jwt']) {
    const { status } = await ask(`GET /v1/auth/whoami?${name}=${token}`, undefined, { authorization: '' })
    t.equal(status, 401, name)
  }
  const { status } = await ask(
    'POST /v1/spec/validate',
    { spec: {}, access_token: token },
    { authorization: '' },
  )
  t.equal(status, 401)
})

t.test('every address is itself alone', async (t) => {
  const before = await fingerprint(world)
  for (const path of new Set(OPERATIONS.map((operation) => operation.path))) {
    const there = path.replaceAll(/\{\w+\}/g, newId())
    // A key of media may hold slashes.
    if (path !== '/' && !path.startsWith('/media/')) {
      const { status, body } = await ask(`GET ${there}/`)
      t.match({ status, body }, { status: 404, body: { error: { code: 'NOT_FOUND' } } }, `${path}/`)
    }
    const { status, body } = await ask(`PURGE ${there}`)
    t.match({ status, body }, { status: 405, body: { error: { code: 'METHOD_NOT_ALLOWED' } } }, path)
  }
  t.strictSame(await fingerprint(world), before)
})

t.test('every list is asked for in the same way', async (t) => {
  const lists = OPERATIONS.filter(({ parameters = [] }) => parameters.some(({ name }) => name === 'cursor'))
  t.ok(lists.length > 10)
  for (const { path, parameters = [], operationId } of lists) {
    const limit = parameters.find(({ name }) => name === 'limit')?.schema.default
    t.equal(limit, DEFAULT_LIMITS[operationId], `${operationId}: its page`)
    const kind = path.startsWith('/v1/webhooks/') ? 'webhook' : 'team'
    const id =
      kind === 'team' ? team : await make(world, kind, { teamId: team, owner: teamUrn(team), by: author })
    const there = path.replace('{id}', id)
    for (const [query, wanted] of [
      ['limit=0', 200],
      ['limit=-5', 200],
      ['limit=100000', 200],
      ['offset=-1', 200],
      ['offset=100000', 200],
      ['limit=ten', 400],
      ['limit=1.5', 400],
      ['offset=x', 400],
      ['limit=1&limit=2', 400],
      ['cursor=x', 400],
      ['cursor=eyJhIjoxfQ.AAAA', 400],
    ] as const) {
      const { status, body } = await ask(`GET ${there}?${query}`)
      t.equal(status, wanted, `${operationId} ${query}`)
      if (status === 200) t.ok(Array.isArray(body), 'a bare list')
    }
    const one = await studio.request(`${there}?limit=1`, { headers: { authorization: owner.authorization } })
    t.ok(((await one.json()) as unknown[]).length <= 1, `${operationId}: no more than was asked for`)
  }
})

const DEFAULT_LIMITS: Readonly<Record<string, number>> = {
  listJobs: 20,
  listProjects: 20,
  listAssets: 20,
  listWebhookDeliveries: 20,
  listSystemAssets: 50,
  listTeams: 100,
  listMembers: 100,
  listTeamInvitations: 100,
  listInvitations: 100,
  listSessions: 100,
  listApiKeys: 100,
  listWebhooks: 100,
  listUsage: 100,
  listAccountAudit: 100,
  listTeamAudit: 100,
}

t.test('a cursor is good for its own list', async (t) => {
  for (let made = 0; made < 2; made += 1) {
    await make(world, 'project', { teamId: team, owner: teamUrn(team), by: author })
    await make(world, 'asset', { teamId: team, owner: teamUrn(team), by: author })
  }
  const first = await studio.request('/v1/assets?limit=1', {
    headers: { authorization: owner.authorization },
  })
  const cursor = first.headers.get('x-next-cursor') ?? ''
  t.match(first.headers.get('link'), `cursor=${encodeURIComponent(cursor)}`)
  t.equal((await ask(`GET /v1/assets?limit=1&cursor=${cursor}`)).status, 200)
  for (const list of ['/v1/jobs', `/v1/teams/${team}/projects`, '/v1/system-assets', '/v1/teams'])
    t.equal((await ask(`GET ${list}?cursor=${cursor}`)).status, 400, list)
  const other = `${cursor.slice(0, 8)}${cursor[8] === 'A' ? 'B' : 'A'}${cursor.slice(9)}`
  t.equal((await ask(`GET /v1/assets?cursor=${other}`)).status, 400, 'nor when it was changed')
})

t.test('what is secret is in the one answer that gives it out, and nowhere else', async (t) => {
  const secrets = new Map<string, string>([['password', PASSWORD]])
  const said: string[] = []
  /** Asks, and keeps what was said, unless it is the answer that gives a secret out. */
  const tell = async (what: string, json?: unknown, headers?: Record<string, string>): Promise<Body> => {
    const { body } = await ask(what, json, headers)
    said.push(JSON.stringify(body))
    return body
  }
  const give = async <T extends Body>(what: string, json?: unknown, headers?: Record<string, string>) =>
    (await ask(what, json, headers)).body as T

  const account = { email: 'canary@example.test', password: PASSWORD }
  const session = await give<{ access_token: string }>('POST /v1/auth/signup', account, { authorization: '' })
  secrets.set('token', session.access_token)
  const mine = { authorization: `Bearer ${session.access_token}` }
  const { raw_key } = await give<{ raw_key: string }>('POST /v1/auth/keys', { scopes: ['jobs:read'] }, mine)
  secrets.set('key', raw_key)
  const job = await make(world, 'job', { teamId: team, owner: teamUrn(team), by: author, state: 'active' })
  const link = await give<{ url: string }>(`POST /v1/jobs/${job}/watch-links`)
  secrets.set('watch link', link.url.split('#')[1]!)
  const { ticket } = await give<{ ticket: string }>('POST /v1/ws/tickets')
  secrets.set('ticket', ticket)
  const hook = await give<{ secret: string; webhook: { id: string } }>(`POST /v1/teams/${team}/webhooks`, {
    url: 'https://93.184.216.34/hook',
    events: ['job.failed'],
  })
  secrets.set('webhook', hook.secret)
  const upload = await give<{ upload_url: string; asset: { id: string } }>('POST /v1/assets/upload-url', {
    filename: 'a.png',
    content_type: 'image/png',
    size_bytes: 9,
  })
  const signature = /signature=([^&]+)/i.exec(upload.upload_url)?.[1] ?? ''
  t.ok(signature.length > 20)
  secrets.set('upload link', signature)
  for (const [name, secret] of secrets) t.ok(secret.length > 15, `there is a ${name}`)

  await tell('POST /v1/auth/login', { ...account, password: `${PASSWORD}!` }, { authorization: '' })
  await tell(
    'POST /v1/auth/password',
    { current_password: `${PASSWORD}!`, new_password: `${PASSWORD}?` },
    mine,
  )
  await tell('POST /v1/auth/signup', account, { authorization: '' })
  await tell('GET /v1/auth/whoami', undefined, { authorization: `Bearer ${raw_key}` })
  await tell('GET /v1/auth/keys', undefined, mine)
  await tell('GET /v1/auth/sessions', undefined, mine)
  await tell('GET /v1/account/audit', undefined, mine)
  await tell(`GET /v1/jobs/${job}/watch-links`)
  await tell(`GET /v1/webhooks/${hook.webhook.id}`)
  await tell(`GET /v1/teams/${team}/webhooks`)
  await tell(`GET /v1/teams/${team}/audit`)
  await tell(`GET /v1/assets/${upload.asset.id}`)
  // Secrets where they do not belong: the answer and the log do not repeat them.
  for (const secret of secrets.values()) {
    await tell(`GET /v1/jobs/${encodeURIComponent(secret)}`)
    await tell(`GET /v1/jobs?cursor=${encodeURIComponent(secret)}`)
    await tell(`GET /v1/nowhere/${encodeURIComponent(secret)}`)
    await tell('GET /v1/jobs', undefined, { authorization: `Token ${secret}` })
    await tell('GET /v1/jobs', undefined, { authorization: `Bearer ${secret} ${secret}` })
  }

  const { rows: tables } = await studio.pool.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public'`,
  )
  for (const { name } of tables) {
    const { rows } = await studio.pool.query(`select to_jsonb(r) as row from "${name}" r`)
    said.push(JSON.stringify(rows))
  }
  const log = studio.lines.map((line) => JSON.stringify(line)).join('\n')
  for (const [name, secret] of secrets) {
    t.notOk(log.includes(secret), `the log does not hold the ${name}`)
    t.notOk(
      said.some((text) => text.includes(secret)),
      `nor does any other answer, or the database, hold the ${name}`,
    )
  }
  t.ok(studio.lines.some((line) => line.msg === 'request'))
})

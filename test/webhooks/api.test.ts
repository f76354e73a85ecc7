/** Webhooks over HTTP: who may do what, what is accepted, and what a test tells. */
import { t } from 'tap'
import type { UserPrincipal } from '../../core/access/principal.ts'
import type { TeamRole } from '../../core/access/roles.ts'
import { createApiKey } from '../../core/accounts/keys.ts'
import { newId } from '../../core/platform/ids.ts'
import type { Webhook, WebhookDelivery, WebhookSecret } from '../../schemas/types.ts'
import { buildMember, buildTeam, buildUser } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'
import { startReceiver } from '../support/receiver.ts'
import { aStoryboard, read, startStudio, type WireError } from '../support/studio.ts'

const receiver = await startReceiver(t)
const database = await startDatabase(t)
const studio = await startStudio(t, {
  database,
  env: { WEBHOOK_ALLOW_INSECURE: 'true', WEBHOOK_ALLOWED_CIDRS: '127.0.0.1/32' },
})
const { pool } = studio

type Person = { user: UserPrincipal; token: string }
const logIn = async (user: UserPrincipal): Promise<Person> => ({ user, token: await studio.logIn(user) })

/** A team with somebody in each role, and a stranger. */
async function aTeam(): Promise<{ id: string } & Record<TeamRole | 'stranger', Person>> {
  const owner = await buildUser(pool)
  const id = await buildTeam(pool, owner)
  const member = async (role: TeamRole): Promise<Person> => {
    const user = await buildUser(pool)
    await buildMember(pool, id, user, role)
    return logIn(user)
  }
  return {
    id,
    owner: await logIn(owner),
    admin: await member('admin'),
    member: await member('member'),
    viewer: await member('viewer'),
    stranger: await logIn(await buildUser(pool)),
  }
}

const team = await aTeam()
const ask = <T = WireError>(person: Person, method: string, path: string, json?: unknown) =>
  read<T>(studio.as(person.token)(path, { method, ...(json === undefined ? {} : { json }) }))
const hooksOf = (teamId: string) => `/v1/teams/${teamId}/webhooks`
const aHook = (over: object = {}) => ({
  url: receiver.url(),
  events: ['job.completed', 'job.failed'],
  ...over,
})

async function made(over: object = {}, of = team): Promise<WebhookSecret> {
  const reply = await ask<WebhookSecret>(of.admin, 'POST', hooksOf(of.id), aHook(over))
  if (reply.status !== 201) throw new Error(JSON.stringify(reply.body))
  return reply.body
}

t.test('an administrator makes a webhook; its secret is told once and sealed in the database', async (t) => {
  const { webhook, secret } = await made()
  t.match(webhook, {
    team_id: team.id,
    created_by: team.admin.user.userId,
    url: receiver.url(),
    events: ['job.completed', 'job.failed'],
    is_active: true,
    last_triggered_at: null,
  })
  t.match(secret, /^[0-9a-f]{64}$/)
  const { rows } = await pool.query('select secret from webhooks where id = $1', [webhook.id])
  t.match(rows[0].secret, /^v1\.[0-9a-f]{8}\.[A-Za-z0-9_-]+$/)
  t.notMatch(rows[0].secret, secret)
  const found = await ask<Webhook>(team.owner, 'GET', `/v1/webhooks/${webhook.id}`)
  t.strictSame(found.body, webhook, 'reading it tells no secret')
  t.notMatch(JSON.stringify(studio.lines), secret, 'nor does the log')
  const trail = await pool.query(`select action, details from audit_entries where subject_id = $1`, [
    webhook.id,
  ])
  t.match(trail.rows, [{ action: 'webhook.created', details: { host: new URL(receiver.url()).host } }])
})

t.test('what each role may do', async (t) => {
  const { webhook } = await made()
  const { rows } = await pool.query(
    `insert into webhook_deliveries (id, webhook_id, event_type, payload, status)
     values ($1, $2, 'webhook.test', '{}', 'failed') returning id`,
    [newId(), webhook.id],
  )
  const operations: [method: string, path: string, json?: object][] = [
    ['GET', hooksOf(team.id)],
    ['POST', hooksOf(team.id), aHook()],
    ['GET', `/v1/webhooks/${webhook.id}`],
    ['PATCH', `/v1/webhooks/${webhook.id}`, { is_active: true }],
    ['POST', `/v1/webhooks/${webhook.id}/rotate-secret`],
    ['POST', `/v1/webhooks/${webhook.id}/test`],
    ['GET', `/v1/webhooks/${webhook.id}/deliveries`],
    ['POST', `/v1/webhook-deliveries/${rows[0].id}/retry`],
    ['DELETE', `/v1/webhooks/${webhook.id}`],
  ]
  for (const [method, path, json] of operations) {
    for (const role of ['member', 'viewer'] as const)
      t.equal((await ask(team[role], method, path, json)).status, 403, `${role}: ${method} ${path}`)
    const foreign = path.startsWith('/v1/teams') ? 403 : 404
    t.equal((await ask(team.stranger, method, path, json)).status, foreign, `stranger: ${method} ${path}`)
    const missing = path.replace(/[0-9a-f-]{36}/, newId())
    t.equal((await ask(team.admin, method, missing, json)).status, foreign, `missing: ${method} ${path}`)
  }
  t.equal((await pool.query('select 1 from webhooks where id = $1', [webhook.id])).rowCount, 1)
})

t.test('starters have no webhooks, and keys need the scope', async (t) => {
  const starter = await logIn(await buildUser(pool, { tier: 'starter' }))
  t.match(await ask(starter, 'GET', hooksOf(team.id)), {
    status: 403,
    body: { error: { code: 'INSUFFICIENT_TIER' } },
  })
  const { userId } = team.owner.user
  const { webhook } = await made()
  const keyed = async (scopes: Parameters<typeof createApiKey>[1]['scopes']): Promise<Person> => ({
    user: team.owner.user,
    token: (await createApiKey(pool, { userId, name: 'hooks', scopes })).rawKey,
  })
  const reader = await keyed(['webhooks:read'])
  const writer = await keyed(['webhooks:write'])
  t.equal((await ask(reader, 'GET', `/v1/webhooks/${webhook.id}`)).status, 200)
  t.equal((await ask(reader, 'PATCH', `/v1/webhooks/${webhook.id}`, {})).status, 403)
  t.equal((await ask(writer, 'GET', `/v1/webhooks/${webhook.id}`)).status, 403)
  t.equal((await ask(writer, 'PATCH', `/v1/webhooks/${webhook.id}`, {})).status, 200)
})

t.test('addresses and events that a webhook may not have', async (t) => {
  const { webhook } = await made()
  const count = async () => (await pool.query('select count(*)::int as n from webhooks')).rows[0].n
  const before = await count()
  const wrong: [what: string, request: object, says: RegExp][] = [
    ['no address', { events: ['job.failed'] }, /url is missing/],
    ['no URL', { url: 'studio.example' }, /absolute URL/],
    ['another scheme', { url: 'ftp://studio.example/' }, /https/],
    ['a user', { url: 'https://a:b@studio.example/' }, /password/],
    ['a fragment', { url: `${receiver.url()}#` }, /fragment/],
    ['too long', { url: `https://studio.example/${'a'.repeat(2_048)}` }, /2048/],
    ['loopback by another number', { url: 'http://127.0.0.2/' }, /not public/],
    ['loopback in hex', { url: 'http://0x7f000002/' }, /not public/],
    ['mapped loopback', { url: 'http://[::ffff:127.0.0.2]/' }, /not public/],
    ['where clouds keep credentials', { url: 'http://169.254.169.254/latest' }, /not public/],
    ['a private network', { url: 'http://10.0.0.1/' }, /not public/],
    ['our own store', { url: studio.config.S3_ENDPOINT }, /service of this installation/],
    ['the server itself', { url: `${studio.url}/v1/status` }, /service of this installation/],
    ['a name that there is not', { url: 'http://nowhere.invalid/' }, /resolved/],
    ['no events', { events: [] }, /at least 1/],
    ['an unknown event', { events: ['job.exploded'] }, /one of job.queued/],
    ['an event twice', { events: ['job.failed', 'job.failed'] }, /twice/],
    ['events as text', { events: 'job.failed' }, /array/],
  ]
  for (const [what, over, says] of wrong) {
    const request = 'url' in over || 'events' in over ? aHook(over) : over
    if (what === 'no address') Reflect.deleteProperty(request, 'url')
    const reply = await ask(team.admin, 'POST', hooksOf(team.id), request)
    t.equal(reply.status, 400, what)
    t.match(reply.body.error.message, says, what)
    if (what === 'no address') continue
    t.equal(
      (await ask(team.admin, 'PATCH', `/v1/webhooks/${webhook.id}`, over)).status,
      400,
      `change: ${what}`,
    )
  }
  t.equal(await count(), before)
  t.strictSame((await ask<Webhook>(team.admin, 'GET', `/v1/webhooks/${webhook.id}`)).body, webhook)
})

t.test('an installation says which addresses are open: by default https alone', async (t) => {
  const strict = await startStudio(t, { database })
  const owner = await buildUser(pool)
  const teamId = await buildTeam(pool, owner)
  const reply = await read<WireError>(
    strict.as(await strict.logIn(owner))(hooksOf(teamId), { json: aHook() }),
  )
  t.equal(reply.status, 400)
  t.match(reply.body.error.message, /must begin with https/)
})

t.test('changes, and an end', async (t) => {
  const { webhook, secret } = await made()
  const path = `/v1/webhooks/${webhook.id}`
  const changed = await ask<Webhook>(team.admin, 'PATCH', path, {
    url: receiver.url('/other'),
    events: ['job.progress'],
    is_active: false,
  })
  t.match(changed, {
    status: 200,
    body: { url: receiver.url('/other'), events: ['job.progress'], is_active: false },
  })
  t.match(await ask(team.admin, 'POST', `${path}/test`), {
    status: 409,
    body: { error: { code: 'CONFLICT' } },
  })
  await ask(team.admin, 'PATCH', path, { is_active: true })
  const rotated = await ask<WebhookSecret>(team.owner, 'POST', `${path}/rotate-secret`)
  t.not(rotated.body.secret, secret)
  await ask(team.admin, 'POST', `${path}/test`)
  t.equal((await ask(team.admin, 'DELETE', path)).status, 204)
  t.equal((await ask(team.admin, 'GET', path)).status, 404)
  const left = await pool.query('select 1 from webhook_deliveries where webhook_id = $1', [webhook.id])
  t.equal(left.rowCount, 0)
  const trail = await pool.query('select action from audit_entries where subject_id = $1 order by id', [
    webhook.id,
  ])
  t.strictSame(
    trail.rows.map((row) => row.action),
    ['created', 'changed', 'changed', 'secret_rotated', 'deleted'].map((word) => `webhook.${word}`),
  )
})

t.test('a team has at most 20, also when they are made at once', async (t) => {
  const crowded = await aTeam()
  const replies = await Promise.all(
    Array.from({ length: 22 }, () => ask(crowded.admin, 'POST', hooksOf(crowded.id), aHook())),
  )
  t.equal(replies.filter(({ status }) => status === 201).length, 20)
  t.equal(replies.filter(({ status }) => status === 409).length, 2)
  const first = await ask<Webhook[]>(crowded.admin, 'GET', `${hooksOf(crowded.id)}?limit=15`)
  t.equal(first.body.length, 15)
  const cursor = first.headers.get('x-next-cursor')
  const rest = await ask<Webhook[]>(crowded.admin, 'GET', `${hooksOf(crowded.id)}?limit=15&cursor=${cursor}`)
  t.equal(rest.body.length, 5)
  const ids = [...first.body, ...rest.body].map(({ id }) => id)
  t.equal(new Set(ids).size, 20, 'no webhook twice')
  t.equal(rest.headers.get('x-next-cursor'), null)
})

t.test('a test is one attempt, and tells what became of it', async (t) => {
  const { webhook } = await made()
  const test = () => ask<WebhookDelivery>(team.admin, 'POST', `/v1/webhooks/${webhook.id}/test`)
  receiver.answer = (_request, response) => void response.writeHead(202).end('thanks')
  const good = await test()
  t.match(good, {
    status: 200,
    body: { status: 'delivered', event_type: 'webhook.test', job_id: null, attempts: 1, max_attempts: 1 },
  })
  t.match(good.body, { response_status: 202, response_body: 'thanks', delivered_at: String })
  const sent = receiver.received.at(-1)!
  t.strictSame(sent.body, good.body.payload as object)
  t.strictSame(sent.body.webhook, { id: webhook.id, team_id: team.id })
  t.match(sent.headers, good.body.request_headers!, 'the headers that were sent are kept')
  t.match(good.body.request_headers, { 'webhook-signature': /^v1,/ })
  t.ok(good.body.response_ms! >= 0 && good.body.response_ms! < 5_100)
  t.match((await ask<Webhook>(team.admin, 'GET', `/v1/webhooks/${webhook.id}`)).body.last_triggered_at, /Z$/)

  receiver.answer = (_request, response) => void response.writeHead(503).end('later')
  const bad = await test()
  t.match(bad.body, {
    status: 'failed',
    attempts: 1,
    response_status: 503,
    response_body: 'later',
    next_retry_at: null,
  })
  t.equal((await ask(team.admin, 'POST', `/v1/webhook-deliveries/${good.body.id}/retry`)).status, 409)
  const again = await ask<WebhookDelivery>(team.admin, 'POST', `/v1/webhook-deliveries/${bad.body.id}/retry`)
  t.match(again.body, { id: bad.body.id, status: 'pending', attempts: 0, next_retry_at: String })
  const queued = await pool.query(`select 1 from graphile_worker.jobs where key = $1`, [
    `delivery:${bad.body.id}`,
  ])
  t.equal(queued.rowCount, 1, 'and a sender is woken')

  const list = async (query: string) =>
    (
      await ask<WebhookDelivery[]>(team.admin, 'GET', `/v1/webhooks/${webhook.id}/deliveries${query}`)
    ).body.map(({ id }) => id)
  t.strictSame(await list(''), [bad.body.id, good.body.id], 'newest first')
  t.strictSame(await list('?status=delivered'), [good.body.id])
  t.strictSame(await list('?event_type=job.failed'), [])
  t.strictSame(await list('?limit=1&offset=1'), [good.body.id])
  t.strictSame(await list(`?created_before=${good.body.created_at}`), [])
  t.strictSame((await list('?created_after=2020-01-01T00:00:00Z')).length, 2)
  for (const query of ['?status=lost', '?event_type=x', '?created_after=now', '?cursor=x'])
    t.equal(
      (await ask(team.admin, 'GET', `/v1/webhooks/${webhook.id}/deliveries${query}`)).status,
      400,
      query,
    )
})

t.test(
  'renders that members start through the API are told of, also when who cancels has left',
  async (t) => {
    const studioTeam = await aTeam()
    const { webhook } = await made({ events: ['job.queued', 'job.canceled'] }, studioTeam)
    const generate = async (owner: string): Promise<string> => {
      const reply = await ask<{ id: string }>(studioTeam.member, 'POST', '/v1/generate', {
        spec: aStoryboard(),
        owner,
      })
      t.equal(reply.status, 201)
      return reply.body.id
    }
    const { userId } = studioTeam.member.user
    const shared = await generate(`framecast:team:${studioTeam.id}`)
    const own = await generate(`framecast:${studioTeam.id}:${userId}`)
    const personal = await generate(`framecast:user:${userId}`)
    await pool.query('delete from memberships where user_id = $1', [userId])
    for (const id of [shared, own, personal])
      t.equal((await ask(studioTeam.member, 'POST', `/v1/jobs/${id}/cancel`)).status, 200)
    const deliveries = await ask<WebhookDelivery[]>(
      studioTeam.admin,
      'GET',
      `/v1/webhooks/${webhook.id}/deliveries`,
    )
    t.strictSame(
      deliveries.body.map(({ job_id, event_type }) => `${event_type} ${job_id}`).sort(),
      [shared, own].flatMap((id) => [`job.canceled ${id}`, `job.queued ${id}`]).sort(),
    )
    const canceled = deliveries.body.find(({ event_type }) => event_type === 'job.canceled')
    t.match(canceled?.payload, { event: 'job.canceled', job: { status: 'canceled', canceled_by: userId } })
  },
)

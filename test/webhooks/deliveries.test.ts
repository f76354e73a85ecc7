/** Deliveries from what happens to a job to the receiver: rows, queue, attempts, and senders that are lost. */
import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { userUrn } from '../../core/access/owner.ts'
import { updateProgress } from '../../core/jobs/progress.ts'
import { cancelJob, completeJob, failJob, startJob } from '../../core/jobs/transitions.ts'
import { openDatabase, transaction } from '../../core/platform/database.ts'
import { newId } from '../../core/platform/ids.ts'
import { createMediaLinks } from '../../core/platform/media-links.ts'
import { createOutbound } from '../../core/platform/outbound.ts'
import { createSealer } from '../../core/platform/sealing.ts'
import { attemptDelivery } from '../../core/webhooks/attempt.ts'
import {
  claimDelivery,
  expireDeliveries,
  settleDelivery,
  sweepDeliveries,
} from '../../core/webhooks/deliveries.ts'
import { WEBHOOK_EVENTS, type WebhookEvent } from '../../core/webhooks/events.ts'
import { anOutput, buildJob, buildTeam, buildUser } from '../support/builders.ts'
import { startDatabase } from '../support/postgres.ts'
import { startReceiver } from '../support/receiver.ts'
import { startStore } from '../support/store.ts'
import { until } from '../support/studio.ts'

const { url: databaseUrl, pool } = await startDatabase(t)
const { store } = await startStore(t)
const receiver = await startReceiver(t)
const db = await openDatabase({
  url: databaseUrl,
  poolSize: 4,
  applicationName: 'test',
  statementTimeoutMs: 10_000,
})
t.teardown(() => db.close())

const quiet = pino({ level: 'silent' })
const dataKey = randomBytes(32).toString('base64')
const sealer = createSealer(dataKey, 'webhooks')
const outbound = createOutbound({
  WEBHOOK_ALLOW_INSECURE: true,
  WEBHOOK_ALLOWED_CIDRS: ['127.0.0.1'],
  DATABASE_URL: databaseUrl,
  DATABASE_OWNER_URL: databaseUrl,
  S3_ENDPOINT: '',
  S3_PUBLIC_ENDPOINT: '',
  SMTP_URL: '',
  COMFYUI_URLS: [],
  PREVIEW_URL: '',
  APP_BASE_URL: 'http://films.example',
})
const media = createMediaLinks(
  { MEDIA_DELIVERY: 'proxy', DATA_KEY: dataKey, APP_BASE_URL: 'http://films.example' },
  store,
)
const deps = { db, media, outbound, sealer }
const SECRET = '5f0d7c1a9be24863a1c7e0f94d2b8856c3fe17a09d64b2e85f01c9a37d6e42b8'

const owner = await buildUser(pool)
const teamId = await buildTeam(pool, owner)
const teamUrn = `framecast:team:${teamId}`

async function buildHook(
  over: { team?: string; events?: readonly WebhookEvent[]; active?: boolean; path?: string } = {},
) {
  const id = newId()
  await pool.query(
    `insert into webhooks (id, team_id, created_by, url, events, secret, is_active)
     values ($1, $2, $3, $4, $5::text[]::webhook_event_type[], $6, $7)`,
    [
      id,
      over.team ?? teamId,
      owner.userId,
      receiver.url(over.path),
      over.events ?? WEBHOOK_EVENTS,
      sealer.seal(SECRET, id),
      over.active ?? true,
    ],
  )
  return id
}

type Row = Record<string, any>
const deliveriesOf = async (webhookId: string): Promise<Row[]> =>
  (
    await pool.query('select * from webhook_deliveries where webhook_id = $1 order by created_at, id', [
      webhookId,
    ])
  ).rows
const delivery = async (id: string): Promise<Row> =>
  (await pool.query('select * from webhook_deliveries where id = $1', [id])).rows[0]
const bell = async (id: string): Promise<Row | undefined> =>
  (await pool.query(`select * from graphile_worker.jobs where key = $1`, [`delivery:${id}`])).rows[0]
const attempt = (id: string) => attemptDelivery(deps, id, quiet)

/** A delivery of its own for a webhook, as an event leaves it. */
async function buildDelivery(webhookId: string): Promise<string> {
  const id = newId()
  await transaction(pool, async (client) => {
    await client.query(
      `insert into webhook_deliveries (id, webhook_id, event_type, payload)
       values ($1, $2, 'job.queued', $3::jsonb)`,
      [id, webhookId, JSON.stringify({ event: 'job.queued', delivery_id: id })],
    )
    await client.query('select enqueue_delivery($1)', [id])
  })
  return id
}

t.beforeEach(async () => {
  await pool.query('delete from webhooks')
  receiver.received.length = 0
  receiver.answer = (_request, response) => void response.writeHead(204).end()
})

t.test('each event of a team’s job reaches the webhooks that ask for it, with its body', async (t) => {
  const all = await buildHook()
  const ends = await buildHook({ events: ['job.failed', 'job.canceled'] })
  const off = await buildHook({ active: false })
  const foreign = await buildHook({ team: await buildTeam(pool, await buildUser(pool)) })

  const done = await buildJob(pool, owner, { owner: teamUrn })
  await transaction(pool, async (client) => {
    await startJob(client, done, 'w')
    await updateProgress(client, done)
    await updateProgress(client, done, true)
    await completeJob(client, done, anOutput(done))
  })
  const lost = await buildJob(pool, owner, { owner: `framecast:${teamId}:${owner.userId}` })
  await transaction(pool, async (client) => {
    await startJob(client, lost, 'w')
    await failJob(client, lost, 'system', {
      code: 'generation_failed',
      message: 'no film',
      scene_id: 'harbor',
    })
  })
  const stopped = await buildJob(pool, owner, { owner: teamUrn })
  await transaction(pool, (client) => cancelJob(client, stopped, owner.userId))

  const made = await deliveriesOf(all)
  const of = (jobId: string) => made.filter((row) => row.job_id === jobId).map((row) => row.event_type)
  t.strictSame(
    of(done).sort(),
    ['job.completed', 'job.progress', 'job.queued', 'job.started'],
    'progress once a second',
  )
  t.strictSame(of(lost).sort(), ['job.failed', 'job.queued', 'job.started'])
  t.strictSame(
    (await deliveriesOf(ends)).map((row) => row.event_type),
    ['job.failed', 'job.canceled'],
  )
  t.strictSame([...(await deliveriesOf(off)), ...(await deliveriesOf(foreign))], [])
  for (const row of made) {
    t.match(row, { status: 'pending', attempts: 0, max_attempts: 5 })
    t.equal(row.payload.delivery_id, row.id)
    t.equal(row.payload.event, row.event_type)
    t.ok(await bell(row.id), 'a sender is woken')
  }

  for (const row of made) await attempt(row.id)
  const bodies = new Map(receiver.received.map(({ body }) => [`${body.event} ${(body.job as Row).id}`, body]))
  const job = (event: string, id: string) => bodies.get(`${event} ${id}`)!.job as Row
  t.strictSame(Object.keys(bodies.get(`job.queued ${done}`)!), ['event', 'timestamp', 'delivery_id', 'job'])
  const beginning = ['id', 'owner', 'project_id', 'triggered_by', 'status', 'created_at']
  t.strictSame(Object.keys(job('job.queued', done)), beginning)
  t.match(job('job.queued', done), {
    owner: teamUrn,
    status: 'queued',
    triggered_by: owner.userId,
    project_id: null,
  })
  t.strictSame(Object.keys(job('job.started', done)), beginning)
  t.equal(job('job.started', done).status, 'processing')
  t.strictSame(Object.keys(job('job.progress', done)), ['id', 'status', 'progress'])
  t.strictSame(Object.keys(job('job.progress', done).progress), [
    ...['phase', 'percent', 'scenes_total', 'scenes_completed', 'current_scene'],
  ])
  t.strictSame(Object.keys(job('job.completed', done)), [
    ...['id', 'owner', 'project_id', 'status', 'output', 'credits_charged', 'started_at', 'completed_at'],
  ])
  t.match(job('job.completed', done).output, { duration: 4, resolution: '854x480', size_bytes: 12_345 })
  t.strictSame(Object.keys(job('job.failed', lost)), [
    ...[
      'id',
      'status',
      'failure_type',
      'error',
      'progress',
      'credits_charged',
      'credits_refunded',
      'completed_at',
    ],
  ])
  t.match(job('job.failed', lost), {
    failure_type: 'system',
    error: { code: 'generation_failed', message: 'no film', scene_id: 'harbor' },
    progress: { phase: 'initializing', percent: 0, scenes_completed: null },
    completed_at: /Z$/,
  })
  t.strictSame(Object.keys(job('job.canceled', stopped)), [
    ...['id', 'status', 'canceled_by', 'progress', 'credits_charged', 'credits_refunded', 'completed_at'],
  ])
  t.match(job('job.canceled', stopped), { canceled_by: owner.userId, progress: { percent: 0 } })
})

t.test('a personal job makes no deliveries, and asks the database nothing more', async (t) => {
  await buildHook()
  const statements: string[] = []
  const jobId = await buildJob(pool, owner, { owner: userUrn(owner.userId) })
  await transaction(pool, async (client) => {
    const spy = {
      query: (text: string, values?: unknown[]) => {
        statements.push(text)
        return client.query(text, values)
      },
    } as typeof client
    await startJob(spy, jobId, 'w')
  })
  t.equal(statements.length, 2, 'the change and its event')
  t.notMatch(statements.join(), /webhook_deliveries/)
  t.equal((await pool.query('select 1 from webhook_deliveries')).rowCount, 0)
})

t.test('a transaction that is rolled back sends nothing', async (t) => {
  const hook = await buildHook()
  const jobId = await buildJob(pool, owner, { owner: teamUrn })
  const before = (await deliveriesOf(hook)).length
  await t.rejects(
    transaction(pool, async (client) => {
      await startJob(client, jobId, 'w')
      throw new Error('power cut')
    }),
    /power cut/,
  )
  t.equal((await deliveriesOf(hook)).length, before)
})

t.test('what is sent is signed, and links to the film are made for each attempt', async (t) => {
  const hook = await buildHook({ events: ['job.completed'] })
  const jobId = await buildJob(pool, owner, { owner: teamUrn })
  await transaction(pool, async (client) => {
    await startJob(client, jobId, 'w')
    await completeJob(client, jobId, anOutput(jobId))
  })
  const [row] = await deliveriesOf(hook)
  t.match(
    row!.payload.job.output,
    { video_url: null, thumbnail_url: null },
    'no link and no key waits in the table',
  )
  receiver.answer = (_request, response) => void response.writeHead(500).end()
  await attempt(row!.id)
  const { headers, bytes, body } = receiver.received[0]!
  t.match(headers, {
    'content-type': 'application/json',
    'user-agent': 'Framecast-Webhooks/1',
    'x-webhook-delivery-id': row!.id,
  })
  t.strictSame(new Webhook(SECRET, { format: 'raw' }).verify(bytes, headers), body)
  const { output } = body.job as { output: { video_url: string; thumbnail_url: string } }
  for (const link of [output.video_url, output.thumbnail_url]) {
    const { pathname, searchParams } = new URL(link)
    t.ok(media.verify(pathname, searchParams), 'the link is good')
    const hours = (Number(searchParams.get('expires')) * 1_000 - Date.now()) / 3_600_000
    t.ok(hours > 0.9 && hours < 1.1, 'for an hour')
  }
  t.strictSame((await delivery(row!.id)).payload, body, 'the row holds what was sent')

  await pool.query('update webhook_deliveries set next_retry_at = now() where id = $1', [row!.id])
  await pool.query('delete from jobs where id = $1', [jobId])
  await attempt(row!.id)
  const second = receiver.received[1]!
  t.equal(second.headers['x-webhook-delivery-id'], row!.id, 'the same id at every attempt')
  new Webhook(SECRET, { format: 'raw' }).verify(second.bytes, second.headers)
})

t.test('an attempt that fails is tried again by the table, five times', async (t) => {
  const hook = await buildHook()
  const id = await buildDelivery(hook)
  receiver.answer = (_request, response) => void response.writeHead(500).end('broken')
  for (const [index, waitS] of [60, 300, 1_800, 7_200].entries()) {
    await attempt(id)
    const row = await delivery(id)
    t.match(row, { status: 'retrying', attempts: index + 1, response_status: 500, response_body: 'broken' })
    const { rows } = await pool.query(
      `select extract(epoch from next_retry_at - now())::float as wait, run_at = next_retry_at as rung
       from webhook_deliveries d join graphile_worker.jobs q on q.key = 'delivery:' || d.id where d.id = $1`,
      [id],
    )
    t.ok(rows[0].wait > waitS - 30 && rows[0].wait <= waitS, `after ${waitS} s`)
    t.ok(rows[0].rung, 'the queue rings then')
    await attempt(id)
    t.equal((await delivery(id)).attempts, index + 1, 'a bell that rings too early changes nothing')
    await pool.query('update webhook_deliveries set next_retry_at = now() where id = $1', [id])
  }
  await attempt(id)
  t.match(await delivery(id), { status: 'failed', attempts: 5, next_retry_at: null })
  t.equal(receiver.received.length, 5)
})

t.test('answers that settle it at once', async (t) => {
  const hook = await buildHook()
  for (const status of [301, 302, 307, 308, 400, 404, 410, 422]) {
    const id = await buildDelivery(hook)
    receiver.answer = (_request, response) =>
      void response.writeHead(status, { location: receiver.url('/moved') }).end()
    await attempt(id)
    t.match(await delivery(id), { status: 'failed', attempts: 1, response_status: status }, String(status))
  }
  t.notOk(
    receiver.received.some(({ path }) => path === '/moved'),
    'no redirect is followed',
  )
  const id = await buildDelivery(hook)
  await pool.query('update webhooks set is_active = false where id = $1', [hook])
  receiver.received.length = 0
  await attempt(id)
  t.match(await delivery(id), { status: 'failed', response_body: 'the webhook is inactive' })
  t.equal(receiver.received.length, 0, 'an inactive webhook gets nothing')
})

t.test('an address that has become a forbidden one is not called', async (t) => {
  const hook = await buildHook()
  const id = await buildDelivery(hook)
  await pool.query(`update webhooks set url = 'http://169.254.169.254/' where id = $1`, [hook])
  await attempt(id)
  t.match(await delivery(id), {
    status: 'failed',
    attempts: 1,
    response_status: null,
    response_body: 'blocked address',
  })
})

t.test('a secret that another DATA_KEY sealed sends nothing unsigned', async (t) => {
  const hook = await buildHook()
  const id = await buildDelivery(hook)
  const stranger = { ...deps, sealer: createSealer(randomBytes(32).toString('base64'), 'webhooks') }
  await attemptDelivery(stranger, id, quiet)
  t.match(await delivery(id), { status: 'retrying', response_body: /rotate/ })
  t.equal(receiver.received.length, 0)
})

t.test('of two senders that hold one delivery, one counts', async (t) => {
  const hook = await buildHook()
  const id = await buildDelivery(hook)
  const claims = await Promise.all([1, 2, 3, 4].map(() => claimDelivery(pool, id)))
  t.equal(claims.filter(Boolean).length, 1, 'one takes it up')
  const slow = claims.find(Boolean)!
  await pool.query(
    `update webhook_deliveries set attempt_until = now() - interval '1 second' where id = $1`,
    [id],
  )
  t.match(await sweepDeliveries(pool), { takenBack: 1 })
  t.match(await delivery(id), { status: 'retrying', attempts: 1, attempt_until: null })
  t.ok(await bell(id), 'it is tried again at once')
  const fresh = (await claimDelivery(pool, id))!
  t.equal(fresh.attempts, 2)
  const good = { status: 'delivered', retryAfterS: null, responseStatus: 200, responseBody: '' } as const
  const sentOf = ({ payload }: typeof slow) => ({ body: payload, headers: null, tookMs: null })
  t.equal(await settleDelivery(pool, slow, good, sentOf(slow)), false, 'the lost one comes too late')
  t.match(await delivery(id), { status: 'attempting', attempts: 2 })
  t.equal(await settleDelivery(pool, fresh, good, sentOf(fresh)), true)
  t.equal(await settleDelivery(pool, fresh, good, sentOf(fresh)), false, 'nobody counts twice')
  t.match(await delivery(id), { status: 'delivered', attempts: 2 })
})

t.test('a sender that is lost at the last attempt leaves a failed delivery', async (t) => {
  const id = await buildDelivery(await buildHook())
  await pool.query('update webhook_deliveries set attempts = 4 where id = $1', [id])
  await claimDelivery(pool, id)
  await pool.query(
    `update webhook_deliveries set attempt_until = now() - interval '1 second' where id = $1`,
    [id],
  )
  await sweepDeliveries(pool)
  t.match(await delivery(id), { status: 'failed', attempts: 5, response_body: 'the sender was lost' })
})

t.test('one webhook is attempted twice at a time; the others wait without holding a sender', async (t) => {
  const hook = await buildHook()
  const other = await buildHook()
  const ids = await Promise.all(Array.from({ length: 6 }, () => buildDelivery(hook)))
  const { promise: gate, resolve: release } = Promise.withResolvers<void>()
  receiver.answer = async (_request, response) => {
    await gate
    response.writeHead(204).end()
  }
  receiver.open.most = 0
  let gone = 0
  const senders = ids.map((id) => attempt(id).finally(() => (gone += 1)))
  await receiver.got(2)
  await until(() => gone === 4, 'the senders that found no room have gone on')
  t.equal(receiver.open.now, 2)
  t.ok(await claimDelivery(pool, await buildDelivery(other)), 'another webhook is not held up')
  await pool.query('delete from graphile_worker._private_jobs')
  release()
  await Promise.all(senders)
  const oldest = (await deliveriesOf(hook)).find((row) => row.status === 'pending')!
  t.ok(await bell(oldest.id), 'the attempts that ended rang for the oldest that waits')

  for (let round = 0; round < ids.length; round += 1) {
    const { rows } = await pool.query('select key from graphile_worker.jobs')
    await pool.query('delete from graphile_worker._private_jobs')
    await Promise.all(rows.map((row) => attempt(row.key.slice('delivery:'.length))))
  }
  t.strictSame(new Set((await deliveriesOf(hook)).map((row) => row.status)), new Set(['delivered']))
  t.equal(receiver.received.length, 6)
  t.equal(receiver.open.most, 2)
})

t.test('a delivery whose bell was lost is rung for again', async (t) => {
  const id = await buildDelivery(await buildHook())
  await pool.query('delete from graphile_worker._private_jobs')
  t.match(await sweepDeliveries(pool), { rungFor: 0 }, 'not before its time')
  await pool.query(`update webhook_deliveries set created_at = now() - interval '1 minute' where id = $1`, [
    id,
  ])
  t.match(await sweepDeliveries(pool), { rungFor: 1 })
  t.ok(await bell(id))
  t.match(await sweepDeliveries(pool), { rungFor: 0 }, 'once is enough')
})

t.test('deliveries are kept for 30 days', async (t) => {
  const hook = await buildHook()
  const old = await buildDelivery(hook)
  const young = await buildDelivery(hook)
  await pool.query(
    `update webhook_deliveries set created_at = now() - interval '30 days 1 minute' where id = $1`,
    [old],
  )
  await pool.query(`update webhook_deliveries set created_at = now() - interval '29 days' where id = $1`, [
    young,
  ])
  t.equal(await expireDeliveries(pool), 1)
  t.notOk(await delivery(old))
  t.ok(await delivery(young))
})

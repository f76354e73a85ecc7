/** A sender of webhooks that dies or freezes in the middle of an attempt: the event still arrives, under its own id. */
import { pino } from 'pino'
import t from 'tap'
import { cancelJob } from '../../core/jobs/transitions.ts'
import { transaction } from '../../core/platform/database.ts'
import { newId } from '../../core/platform/ids.ts'
import { createMediaLinks } from '../../core/platform/media-links.ts'
import { createOutbound } from '../../core/platform/outbound.ts'
import { createSealer } from '../../core/platform/sealing.ts'
import { attemptDelivery } from '../../core/webhooks/attempt.ts'
import { sweepDeliveries } from '../../core/webhooks/deliveries.ts'
import { buildJob, buildTeam, buildUser } from '../support/builders.ts'
import { isStopped, until } from '../support/faults.ts'
import { startReceiver } from '../support/receiver.ts'
import { startStack } from '../support/stack.ts'

t.setTimeout(180_000)
const receiver = await startReceiver(t)
const stack = await startStack(t, {
  // Nothing is rendered here.
  comfyuiUrls: ['http://127.0.0.1:9'],
  env: {
    WEBHOOK_ALLOW_INSECURE: 'true',
    WEBHOOK_ALLOWED_CIDRS: '127.0.0.1',
    WORKER_ROLES: 'webhook',
  },
})
const { pool } = stack.db
const owner = await buildUser(pool)
const teamId = await buildTeam(pool, owner)
const sealer = createSealer(stack.config.DATA_KEY, 'webhooks')

/** A webhook for ends of jobs, and a job of its team that ends. */
async function anEvent(): Promise<string> {
  await pool.query('delete from webhooks')
  receiver.received.length = 0
  const webhookId = newId()
  await pool.query(
    `insert into webhooks (id, team_id, created_by, url, events, secret) values ($1, $2, $3, $4, '{job.canceled}', $5)`,
    [webhookId, teamId, owner.userId, receiver.url(), sealer.seal('0'.repeat(64), webhookId)],
  )
  const jobId = await buildJob(pool, owner, { owner: `framecast:team:${teamId}` })
  await transaction(pool, (client) => cancelJob(client, jobId, owner.userId))
  return (await pool.query('select id from webhook_deliveries where webhook_id = $1', [webhookId])).rows[0].id
}
const delivery = async (id: string) =>
  (await pool.query('select * from webhook_deliveries where id = $1', [id])).rows[0]
const sending = {
  db: stack.db,
  media: createMediaLinks(stack.config, stack.store),
  outbound: createOutbound(stack.config),
  sealer,
}
/** What housekeeping and the next sender do once the attempt has run out; the clock is turned forward to there. */
async function rescue(id: string): Promise<void> {
  await pool.query(
    `update webhook_deliveries set attempt_until = now() - interval '1 second' where id = $1`,
    [id],
  )
  await sweepDeliveries(pool)
  await attemptDelivery(sending, id, pino({ level: 'silent' }))
}

for (const [at, requests] of [
  ['claimed', 1],
  ['sent', 2],
] as const) {
  t.test(`killed when it has ${at}`, async (t) => {
    const worker = await stack.startWorker({ FAULT_PLAN: `worker.webhook.${at}:kill` })
    const id = await anEvent()
    t.equal((await worker.ended()).signal, 'SIGKILL')
    t.match(await delivery(id), { status: 'attempting', attempts: 1 })
    await rescue(id)
    t.match(await delivery(id), { status: 'delivered', attempts: 2, response_status: 204 })
    t.equal(receiver.received.length, requests, 'at least once')
    t.strictSame(
      new Set(receiver.received.map(({ headers }) => headers['x-webhook-delivery-id'])),
      new Set([id]),
    )
  })
}

t.test('frozen when it has sent, and too late when it wakes', async (t) => {
  const worker = await stack.startWorker({ FAULT_PLAN: 'worker.webhook.sent:stop' })
  const id = await anEvent()
  await receiver.got(1)
  await until('the worker to stand still', () => isStopped(worker.process.pid!))
  await rescue(id)
  const before = await delivery(id)
  worker.process.kill('SIGCONT')
  t.match(await worker.logged(({ msg, deliveryId }) => msg === 'webhook attempted' && deliveryId === id), {
    result: 'taken back',
  })
  t.strictSame(await delivery(id), before, 'nothing is counted twice')
})

/** Who renders in a run: a person with a team and a webhook, and how they ask: again and again until it is known. */
import { setTimeout as sleep } from 'node:timers/promises'
import { formatOwner, userUrn } from '../../../core/access/owner.ts'
import { createApiKey } from '../../../core/accounts/keys.ts'
import { insertStarter } from '../../../core/accounts/people.ts'
import { upgradeToCreator } from '../../../core/accounts/upgrade.ts'
import { grant } from '../../../core/jobs/credits.ts'
import { transaction } from '../../../core/platform/database.ts'
import { newId } from '../../../core/platform/ids.ts'
import { createSealer } from '../../../core/platform/sealing.ts'
import type { Installation } from './installation.ts'
import type { PlannedJob } from './plan.ts'
import { OPTIONS, storyboardOf } from './storyboards.ts'

const CREDITS = 500
export const WEBHOOK_EVENTS = [
  'job.queued',
  'job.started',
  'job.completed',
  'job.failed',
  'job.canceled',
] as const
/** A request is given up after this, and asked again. */
const REQUEST_MS = 5_000
const PATIENCE_MS = 90_000

export type Customer = {
  readonly userId: string
  /** By what a planned job calls them. */
  readonly owners: Readonly<Record<PlannedJob['owner'], string>>
  readonly key: string
  readonly webhookId: string
  readonly webhookPath: string
  readonly secret: string
}

export async function newCustomer({ pool, receiver, env }: Installation, seed: number): Promise<Customer> {
  const webhookId = newId()
  const webhookPath = `/hooks/${webhookId}`
  const secret = newId().replaceAll('-', '')
  const { userId, teamId } = await transaction(pool, async (client) => {
    const id = (await insertStarter(client, {
      email: `seed-${seed}-${webhookId}@example.test`,
      name: `Seed ${seed}`,
      credits: CREDITS,
    }))!
    await upgradeToCreator(client, id)
    const { rows } = await client.query<{ team_id: string }>(
      'select team_id from memberships where user_id = $1',
      [id],
    )
    const team = rows[0]!.team_id
    await grant(client, formatOwner({ kind: 'team', teamId: team }), CREDITS)
    await client.query(
      'insert into webhooks (id, team_id, created_by, url, events, secret) values ($1, $2, $3, $4, $5, $6)',
      [
        webhookId,
        team,
        id,
        receiver.url(webhookPath),
        WEBHOOK_EVENTS,
        createSealer(env.DATA_KEY!, 'webhooks').seal(secret, webhookId),
      ],
    )
    return { userId: id, teamId: team }
  })
  const { rawKey } = await createApiKey(pool, { userId, name: 'chaos', scopes: ['*'] })
  return {
    userId,
    owners: { person: userUrn(userId), team: formatOwner({ kind: 'team', teamId }) },
    key: rawKey,
    webhookId,
    webhookPath,
    secret,
  }
}

export type Answer = { status: number; body: Record<string, unknown> }

/** One request, which may fail in any way; null when nobody knows what became of it. */
async function ask(
  url: string,
  key: string,
  init: { method: string; body?: unknown; headers?: Record<string, string> },
): Promise<Answer | null> {
  try {
    const reply = await fetch(url, {
      method: init.method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...init.headers },
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
      signal: AbortSignal.timeout(REQUEST_MS),
    })
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
  } catch {
    return null
  }
}

/** Asks until there is an answer that means something; null when there was none for too long. */
async function askUntilKnown(
  ...request: Parameters<typeof ask>
): Promise<{ answer: Answer | null; odd: Answer[] }> {
  const deadline = performance.now() + PATIENCE_MS
  const odd: Answer[] = []
  while (performance.now() < deadline) {
    const answer = await ask(...request)
    if (answer && answer.status < 500) return { answer, odd }
    // A server may say that it cannot; it may never say that it broke.
    if (answer && answer.status !== 503) odd.push(answer)
    await sleep(200)
  }
  return { answer: null, odd }
}

export type Submitted = {
  key: string
  planned: PlannedJob
  answers: Answer[]
  odd: Answer[]
  unanswered: number
}

/** Submits a planned job, with its repeats, under one idempotency key. */
export async function submit(
  { serverUrl }: Installation,
  customer: Customer,
  planned: PlannedJob,
  key: string,
): Promise<Submitted> {
  const body = { spec: storyboardOf(planned), options: OPTIONS, owner: customer.owners[planned.owner] }
  const once = () =>
    askUntilKnown(`${serverUrl}/v1/generate`, customer.key, {
      method: 'POST',
      body,
      headers: { 'idempotency-key': key },
    })
  const times = Array.from({ length: planned.repeats + 1 })
  const replies: Awaited<ReturnType<typeof once>>[] = []
  if (planned.atOnce) replies.push(...(await Promise.all(times.map(once))))
  else for (const _ of times) replies.push(await once())
  return {
    key,
    planned,
    answers: replies.flatMap(({ answer }) => answer ?? []),
    odd: replies.flatMap(({ odd }) => odd),
    unanswered: replies.filter(({ answer }) => answer === null).length,
  }
}

export const cancel = ({ serverUrl }: Installation, { key }: Customer, jobId: string) =>
  askUntilKnown(`${serverUrl}/v1/jobs/${jobId}/cancel`, key, { method: 'POST' })

/** Whether the server answers a question about rows just now. */
export async function isServing({ serverUrl }: Installation, { key }: Customer): Promise<boolean> {
  return (await ask(`${serverUrl}/v1/jobs?limit=1`, key, { method: 'GET' }))?.status === 200
}

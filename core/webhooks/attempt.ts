/** One attempt at a delivery: taken up, signed, sent, settled. */
import type { Database } from '../platform/database.ts'
import { isDatabaseUnavailable } from '../platform/errors.ts'
import { fault } from '../platform/faults.ts'
import type { Logger } from '../platform/log.ts'
import type { MediaLinks } from '../platform/media-links.ts'
import { type Outbound, OutboundError } from '../platform/outbound.ts'
import { retry } from '../platform/retry.ts'
import type { Sealer } from '../platform/sealing.ts'
import { type EventBody, inOrder } from './body.ts'
import { type ClaimedDelivery, claimDelivery, type Sent, settleDelivery } from './deliveries.ts'
import { signedHeaders } from './signing.ts'
import { type Attempted, judge, KEPT_CHARACTERS } from './verdict.ts'

export type AttemptDeps = {
  /** Attempts run as the system, on nobody's behalf. */
  db: Pick<Database, 'system'>
  media: MediaLinks
  outbound: Outbound
  sealer: Sealer
}

const ANSWER_LIMIT_MS = 5_000
/** A character has at most four bytes. */
const ANSWER_BYTES = KEPT_CHARACTERS * 4
const LINK_LIFETIME_S = 3_600
/** How long a sender tries to write down what happened, while the database is away. */
const SETTLE_BUDGET_MS = 10_000

/** Attempts a delivery, if it is due and its webhook has room. */
export async function attemptDelivery(deps: AttemptDeps, id: string, log: Logger): Promise<void> {
  const claimed = await claimDelivery(deps.db.system, id)
  if (claimed) await carryOut(deps, claimed, log)
}

/** Sends what was taken up, and writes down what became of it. */
export async function carryOut(deps: AttemptDeps, claimed: ClaimedDelivery, log: Logger): Promise<void> {
  fault('worker.webhook.claimed')
  const body = inOrder(await withLinks(claimed, deps.media))
  const startedAt = performance.now()
  const { attempted, headers, tookMs } = await send(deps, claimed, body, log)
  fault('worker.webhook.sent')
  const verdict = judge(attempted, claimed.attempts, claimed.max_attempts)
  const isOurs = await retry(
    () => settleDelivery(deps.db.system, claimed, verdict, { body, headers, tookMs }),
    {
      budgetMs: SETTLE_BUDGET_MS,
      signal: new AbortController().signal,
      retryable: isDatabaseUnavailable,
    },
  )
  log.info(
    {
      deliveryId: claimed.id,
      webhookId: claimed.webhook_id,
      event: claimed.event_type,
      attempt: claimed.attempts,
      result: isOurs ? verdict.status : 'taken back',
      status: verdict.responseStatus,
      tookMs: Math.round(performance.now() - startedAt),
    },
    'webhook attempted',
  )
}

/** The body with links to the film that hold for an hour from now; without them when the film is gone. */
async function withLinks({ payload, output }: ClaimedDelivery, media: MediaLinks): Promise<EventBody> {
  if (!output || !payload.job) return payload
  const [video_url, thumbnail_url] = await Promise.all([
    media.url(output.video_key, LINK_LIFETIME_S),
    media.url(output.thumbnail_key, LINK_LIFETIME_S),
  ])
  const told = payload.job.output as Record<string, unknown>
  return { ...payload, job: { ...payload.job, output: { ...told, video_url, thumbnail_url } } }
}

async function send(
  deps: AttemptDeps,
  claimed: ClaimedDelivery,
  body: EventBody,
  log: Logger,
): Promise<Omit<Sent, 'body'> & { attempted: Attempted }> {
  const unsent = (attempted: Attempted) => ({ attempted, headers: null, tookMs: null })
  if (!claimed.is_active) return unsent({ kind: 'inactive' })
  const bytes = Buffer.from(JSON.stringify(body))
  let secret: string
  try {
    secret = deps.sealer.open(claimed.secret, claimed.webhook_id)
  } catch (error) {
    log.error({ err: error, webhookId: claimed.webhook_id }, 'the secret of a webhook cannot be opened')
    return unsent({
      kind: 'unanswered',
      fault: 'network',
      text: 'the secret of this webhook cannot be opened; rotate it',
    })
  }
  const headers = signedHeaders(secret, claimed.id, Math.floor(claimed.claimed_at_s), bytes)
  const startedAt = performance.now()
  const sent = (attempted: Attempted) => ({
    attempted,
    headers,
    tookMs: Math.round(performance.now() - startedAt),
  })
  try {
    const reply = await deps.outbound.send({
      method: 'POST',
      url: claimed.url,
      headers,
      body: bytes,
      limitMs: ANSWER_LIMIT_MS,
      maxReplyBytes: ANSWER_BYTES,
    })
    return sent({ kind: 'answered', status: reply.status, text: reply.body.toString('utf8') })
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    // A refused address was never called.
    const attempted: Attempted = { kind: 'unanswered', fault: error.fault, text: error.message }
    return error.fault === 'refused' ? unsent(attempted) : sent(attempted)
  }
}

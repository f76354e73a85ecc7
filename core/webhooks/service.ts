/** What the administrators of a team do with its webhooks. Knows nothing of HTTP; every refusal is a `Problem`. */
import { randomBytes } from 'node:crypto'
import type { UserPrincipal } from '../access/principal.ts'
import { reachOf } from '../access/reach.ts'
import { can, requireTeamAction } from '../access/roles.ts'
import { audit } from '../audit/audit.ts'
import { type Database, type Queryable, toIso } from '../platform/database.ts'
import { Problem, violatedConstraint } from '../platform/errors.ts'
import { newId } from '../platform/ids.ts'
import type { Logger } from '../platform/log.ts'
import { MAX_TARGET_LENGTH, OutboundError } from '../platform/outbound.ts'
import { cutSqlPage, type Page, type PageKey, pageSql, type SqlSort } from '../platform/page.ts'
import { queryableAs, transactionAs } from '../platform/reach.ts'
import { type AttemptDeps, carryOut } from './attempt.ts'
import { type EventBody, inOrder, testBody } from './body.ts'
import { claimTestDelivery } from './deliveries.ts'
import { MAX_WEBHOOKS } from './enqueue.ts'
import type { DeliveryStatus, TEST_EVENT, WebhookEvent } from './events.ts'

export type Webhook = {
  id: string
  team_id: string
  created_by: string
  url: string
  events: WebhookEvent[]
  is_active: boolean
  last_triggered_at: string | null
  created_at: string
  updated_at: string
}

export type WebhookDelivery = {
  id: string
  webhook_id: string
  job_id: string | null
  event_type: WebhookEvent | typeof TEST_EVENT
  status: DeliveryStatus
  payload: EventBody
  response_status: number | null
  response_body: string | null
  attempts: number
  max_attempts: number
  next_retry_at: string | null
  delivered_at: string | null
  created_at: string
  request_headers: Record<string, string> | null
  response_ms: number | null
}

export type DeliveryFilter = {
  status?: DeliveryStatus
  eventType?: WebhookDelivery['event_type']
  createdAfter?: Date
  createdBefore?: Date
}

export type WebhookChange = { url?: string; events?: readonly WebhookEvent[]; isActive?: boolean }

export type WebhookService = ReturnType<typeof createWebhookService>

const WEBHOOK = `w.id, w.team_id, w.created_by, w.url, w.events::text[] as events, w.is_active, w.last_triggered_at,
  w.created_at, w.updated_at`
const DELIVERY = `d.id, d.webhook_id, d.job_id, d.event_type, d.status, d.payload, d.response_status, d.response_body,
  d.attempts, d.max_attempts, d.next_retry_at, d.delivered_at, d.created_at, d.request_headers, d.response_ms`

const WEBHOOKS_NEWEST: SqlSort = {
  direction: 'desc',
  columns: [
    ['w.created_at', 'timestamptz'],
    ['w.id', 'uuid'],
  ],
}
const DELIVERIES_NEWEST: SqlSort = {
  direction: 'desc',
  columns: [
    ['d.created_at', 'timestamptz'],
    ['d.id', 'uuid'],
  ],
}

const DELETE_BATCH = 20_000

const presentWebhook = (row: Webhook): Webhook => ({
  ...row,
  last_triggered_at: toIso(row.last_triggered_at),
  created_at: toIso(row.created_at) as string,
  updated_at: toIso(row.updated_at) as string,
})

const presentDelivery = (row: WebhookDelivery): WebhookDelivery => ({
  ...row,
  payload: inOrder(row.payload),
  next_retry_at: toIso(row.next_retry_at),
  delivered_at: toIso(row.delivered_at),
  created_at: toIso(row.created_at) as string,
})

const newSecret = (): string => randomBytes(32).toString('hex')

/** What the trail keeps of an address: paths and queries may hold secrets of the receiver. */
const hostOf = (url: string): string => URL.parse(url)?.host ?? ''

export function createWebhookService(deps: AttemptDeps & { db: Database }) {
  const { db, outbound, sealer } = deps
  const as = (principal: UserPrincipal): Queryable => queryableAs(db.pool, reachOf(principal))

  /** @throws {Problem} VALIDATION_ERROR for an address that webhooks may not have */
  async function checkUrl(url: string): Promise<void> {
    if (url.length > MAX_TARGET_LENGTH)
      throw new Problem('VALIDATION_ERROR', `url may have at most ${MAX_TARGET_LENGTH} characters`)
    try {
      await outbound.check(url)
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error
      throw new Problem('VALIDATION_ERROR', `url cannot be used: ${error.message}`, { cause: error })
    }
  }

  /** NOT_FOUND out of reach, AUTHORIZATION_ERROR for a role that is too low. */
  function requireManager(principal: UserPrincipal, teamId: string | undefined, what: string): void {
    const role = teamId === undefined ? undefined : principal.teams.get(teamId)
    if (!role) throw new Problem('NOT_FOUND', `no such ${what}`)
    if (!can(role, 'webhooks.manage'))
      throw new Problem('AUTHORIZATION_ERROR', `the role ${role} may not use webhooks`)
  }

  async function find(principal: UserPrincipal, id: string): Promise<Webhook> {
    const { rows } = await as(principal).query<Webhook>(`select ${WEBHOOK} from webhooks w where w.id = $1`, [
      id,
    ])
    requireManager(principal, rows[0]?.team_id, 'webhook')
    return presentWebhook(rows[0]!)
  }

  async function findDelivery(principal: UserPrincipal, id: string): Promise<WebhookDelivery> {
    const { rows } = await as(principal).query<WebhookDelivery & { team_id: string }>(
      `select ${DELIVERY}, w.team_id from webhook_deliveries d join webhooks w on w.id = d.webhook_id where d.id = $1`,
      [id],
    )
    requireManager(principal, rows[0]?.team_id, 'delivery')
    const { team_id: _, ...delivery } = rows[0]!
    return presentDelivery(delivery)
  }

  /** One change of a webhook and its entry in the trail, in one transaction. */
  async function change(
    principal: UserPrincipal,
    webhook: Webhook,
    action: string,
    details: Record<string, unknown>,
    sql: string,
    values: unknown[],
  ): Promise<void> {
    await transactionAs(db.pool, reachOf(principal), async (client) => {
      const { rowCount } = await client.query(sql, [webhook.id, ...values])
      if (rowCount !== 1) throw new Problem('NOT_FOUND', 'no such webhook')
      await audit(client, {
        action: `webhook.${action}`,
        subjectType: 'webhook',
        subjectId: webhook.id,
        teamId: webhook.team_id,
        actorId: principal.userId,
        details,
      })
    })
  }

  return {
    find,

    /** Webhooks of a team, newest first. */
    async list(
      principal: UserPrincipal,
      teamId: string,
      page: Page,
    ): Promise<{ webhooks: Webhook[]; next: PageKey | null }> {
      requireTeamAction(principal, teamId, 'webhooks.manage')
      const { key, after, rest, values } = pageSql(WEBHOOKS_NEWEST, page, [teamId])
      const { rows } = await as(principal).query<Webhook & { page_key: PageKey }>(
        `select ${WEBHOOK}, ${key} from webhooks w where w.team_id = $1 and ${after} ${rest}`,
        values,
      )
      const { rows: webhooks, next } = cutSqlPage<Webhook>(rows, page)
      return { webhooks: webhooks.map(presentWebhook), next }
    },

    /** Makes a webhook; the secret is told here, and never again. */
    async create(
      principal: UserPrincipal,
      teamId: string,
      request: { url: string; events: readonly WebhookEvent[] },
    ): Promise<{ webhook: Webhook; secret: string }> {
      requireTeamAction(principal, teamId, 'webhooks.manage')
      const { events } = request
      await checkUrl(request.url)
      const id = newId()
      const secret = newSecret()
      const webhook = await transactionAs(db.pool, reachOf(principal), async (client) => {
        const { rows } = await client.query<Webhook>(
          `insert into webhooks as w (id, team_id, created_by, url, events, secret)
           values ($1, $2, $3, $4, $5::text[]::webhook_event_type[], $6) returning ${WEBHOOK}`,
          [id, teamId, principal.userId, request.url, events, sealer.seal(secret, id)],
        )
        await audit(client, {
          action: 'webhook.created',
          subjectType: 'webhook',
          subjectId: id,
          teamId,
          actorId: principal.userId,
          details: { host: hostOf(request.url), events },
        })
        return presentWebhook(rows[0]!)
      }).catch((error: unknown) => {
        if (violatedConstraint(error) === 'webhooks_limit')
          throw new Problem('CONFLICT', `a team has at most ${MAX_WEBHOOKS} webhooks`)
        throw error
      })
      return { webhook, secret }
    },

    async update(principal: UserPrincipal, id: string, wanted: WebhookChange): Promise<Webhook> {
      const webhook = await find(principal, id)
      const { events } = wanted
      if (wanted.url !== undefined) await checkUrl(wanted.url)
      const details = {
        ...(wanted.url === undefined ? {} : { host: hostOf(wanted.url), host_before: hostOf(webhook.url) }),
        ...(events ? { events, events_before: webhook.events } : {}),
        ...(wanted.isActive === undefined ? {} : { is_active: wanted.isActive }),
      }
      if (Object.keys(details).length === 0) return webhook
      await change(
        principal,
        webhook,
        'changed',
        details,
        `update webhooks set url = coalesce($2, url), events = coalesce($3::text[]::webhook_event_type[], events),
           is_active = coalesce($4, is_active) where id = $1`,
        [wanted.url ?? null, events ?? null, wanted.isActive ?? null],
      )
      return find(principal, id)
    },

    /** Deletes a webhook with its deliveries; what is under way is not called back. */
    async remove(principal: UserPrincipal, id: string): Promise<void> {
      const webhook = await find(principal, id)
      // A busy one has very many: taken away in parts, so that no statement runs long.
      await as(principal).query('update webhooks set is_active = false where id = $1', [id])
      for (let gone = DELETE_BATCH; gone === DELETE_BATCH; ) {
        const { rowCount } = await as(principal).query(
          `delete from webhook_deliveries where id in (
             select id from webhook_deliveries where webhook_id = $1 limit $2)`,
          [id, DELETE_BATCH],
        )
        gone = rowCount ?? 0
      }
      const details = { host: hostOf(webhook.url) }
      await change(principal, webhook, 'deleted', details, 'delete from webhooks where id = $1', [])
    },

    /** A new secret; what is sent from now on is signed with it alone. */
    async rotateSecret(principal: UserPrincipal, id: string): Promise<{ webhook: Webhook; secret: string }> {
      const webhook = await find(principal, id)
      const secret = newSecret()
      const sealed = sealer.seal(secret, id)
      const sql = 'update webhooks set secret = $2 where id = $1'
      await change(principal, webhook, 'secret_rotated', {}, sql, [sealed])
      return { webhook: await find(principal, id), secret }
    },

    /** Sends a test at once, and tells what became of it. */
    async test(principal: UserPrincipal, id: string, log: Logger): Promise<WebhookDelivery> {
      const { team_id, is_active } = await find(principal, id)
      if (!is_active) throw new Problem('CONFLICT', 'the webhook is inactive; activate it first')
      const deliveryId = newId()
      const body = testBody(new Date().toISOString(), deliveryId, { id, team_id })
      const claimed = await claimTestDelivery(db.system, deliveryId, id, body)
      if (claimed) await carryOut(deps, claimed, log)
      return findDelivery(principal, deliveryId)
    },

    /** Deliveries of a webhook, newest first. */
    async deliveries(
      principal: UserPrincipal,
      id: string,
      filter: DeliveryFilter,
      page: Page,
    ): Promise<{ deliveries: WebhookDelivery[]; next: PageKey | null }> {
      await find(principal, id)
      const { status, eventType, createdAfter, createdBefore } = filter
      const { key, after, rest, values } = pageSql(DELIVERIES_NEWEST, page, [
        ...[id, status ?? null, eventType ?? null, createdAfter ?? null, createdBefore ?? null],
      ])
      const { rows } = await as(principal).query<WebhookDelivery & { page_key: PageKey }>(
        `select ${DELIVERY}, ${key} from webhook_deliveries d
         where d.webhook_id = $1 and ($2::text is null or d.status = $2) and ($3::text is null or d.event_type = $3)
           and ($4::timestamptz is null or d.created_at > $4) and ($5::timestamptz is null or d.created_at < $5)
           and ${after} ${rest}`,
        values,
      )
      const { rows: deliveries, next } = cutSqlPage<WebhookDelivery>(rows, page)
      return { deliveries: deliveries.map(presentDelivery), next }
    },

    /** Puts a failed delivery into the queue again, with all its attempts. */
    async retry(principal: UserPrincipal, deliveryId: string): Promise<WebhookDelivery> {
      const { webhook_id } = await findDelivery(principal, deliveryId)
      const { is_active } = await find(principal, webhook_id)
      if (!is_active) throw new Problem('CONFLICT', 'the webhook is inactive; activate it first')
      const { rowCount } = await as(principal).query(
        `with again as (
           update webhook_deliveries set status = 'pending', attempts = 0, next_retry_at = now()
           where id = $1 and status = 'failed' returning id
         )
         select enqueue_delivery(id) from again`,
        [deliveryId],
      )
      if (rowCount !== 1) throw new Problem('CONFLICT', 'only a failed delivery can be tried again')
      return findDelivery(principal, deliveryId)
    },
  }
}

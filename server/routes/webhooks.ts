/** Webhooks of a team, and what became of their deliveries. */
import Router from '@koa/router'
import { DELIVERY_EVENTS, DELIVERY_STATUSES } from '../../core/webhooks/events.ts'
import type { WebhookChangeRequest, WebhookRequest } from '../../schemas/types.ts'
import changeSchema from '../../schemas/webhook-change-request.schema.json' with { type: 'json' }
import requestSchema from '../../schemas/webhook-request.schema.json' with { type: 'json' }
import { bodyReader } from '../body.ts'
import type { ApiRouter, RequestState, ServerDeps } from '../context.ts'
import { type Access, user } from '../middleware/access.ts'
import { createPager } from '../paging.ts'
import { pathId, queryOneOf, queryTime } from '../query.ts'

const readRequest = bodyReader<WebhookRequest>(requestSchema)
const readChange = bodyReader<WebhookChangeRequest>(changeSchema)
const WEBHOOKS_LIMIT = 100
const DELIVERIES_LIMIT = 20

export function webhookRoutes(
  { config, webhooks }: ServerDeps,
  { allowCreators }: Pick<Access, 'allowCreators'>,
): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter
  const webhookPager = createPager(config.DATA_KEY, 'webhooks', config.APP_BASE_URL)
  const deliveryPager = createPager(config.DATA_KEY, 'webhook-deliveries', config.APP_BASE_URL)
  const readers = allowCreators('webhooks:read')
  const writers = allowCreators('webhooks:write')

  router.get('/v1/teams/:id/webhooks', readers, async (ctx) => {
    const page = webhookPager.read(ctx, WEBHOOKS_LIMIT)
    const found = await webhooks.list(user(ctx), pathId(ctx), page)
    webhookPager.announce(ctx, found.next)
    ctx.body = found.webhooks
  })

  router.post('/v1/teams/:id/webhooks', writers, async (ctx) => {
    const teamId = pathId(ctx)
    const made = await webhooks.create(user(ctx), teamId, await readRequest(ctx.req))
    ctx.status = 201
    ctx.body = made
  })

  router.get('/v1/webhooks/:id', readers, async (ctx) => {
    ctx.body = await webhooks.find(user(ctx), pathId(ctx))
  })

  router.patch('/v1/webhooks/:id', writers, async (ctx) => {
    const id = pathId(ctx)
    const { url, events, is_active } = await readChange(ctx.req)
    ctx.body = await webhooks.update(user(ctx), id, {
      ...(url === undefined ? {} : { url }),
      ...(events === undefined ? {} : { events }),
      ...(is_active === undefined ? {} : { isActive: is_active }),
    })
  })

  router.delete('/v1/webhooks/:id', writers, async (ctx) => {
    await webhooks.remove(user(ctx), pathId(ctx))
    ctx.status = 204
  })

  router.post('/v1/webhooks/:id/rotate-secret', writers, async (ctx) => {
    ctx.body = await webhooks.rotateSecret(user(ctx), pathId(ctx))
  })

  router.post('/v1/webhooks/:id/test', writers, async (ctx) => {
    ctx.body = await webhooks.test(user(ctx), pathId(ctx), ctx.state.log)
  })

  router.get('/v1/webhooks/:id/deliveries', readers, async (ctx) => {
    const status = queryOneOf(ctx, 'status', DELIVERY_STATUSES)
    const eventType = queryOneOf(ctx, 'event_type', DELIVERY_EVENTS)
    const createdAfter = queryTime(ctx, 'created_after')
    const createdBefore = queryTime(ctx, 'created_before')
    const found = await webhooks.deliveries(
      user(ctx),
      pathId(ctx),
      {
        ...(status && { status }),
        ...(eventType && { eventType }),
        ...(createdAfter && { createdAfter }),
        ...(createdBefore && { createdBefore }),
      },
      deliveryPager.read(ctx, DELIVERIES_LIMIT),
    )
    deliveryPager.announce(ctx, found.next)
    ctx.body = found.deliveries
  })

  router.post('/v1/webhook-deliveries/:id/retry', writers, async (ctx) => {
    ctx.body = await webhooks.retry(user(ctx), pathId(ctx))
  })

  return router
}

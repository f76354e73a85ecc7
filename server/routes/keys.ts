/** One's own API keys. */
import Router from '@koa/router'
import changeSchema from '../../schemas/api-key-change-request.schema.json' with { type: 'json' }
import requestSchema from '../../schemas/api-key-request.schema.json' with { type: 'json' }
import type { ApiKeyChangeRequest, ApiKeyRequest } from '../../schemas/types.ts'
import { bodyReader } from '../body.ts'
import type { ApiRouter, RequestState, ServerDeps } from '../context.ts'
import { type Access, user } from '../middleware/access.ts'
import { createPager } from '../paging.ts'
import { pathId } from '../query.ts'

const readRequest = bodyReader<ApiKeyRequest>(requestSchema, { optional: true })
const readChange = bodyReader<ApiKeyChangeRequest>(changeSchema)

const DEFAULT_LIMIT = 100

export function keyRoutes(
  { config, keys }: ServerDeps,
  { allowSessions }: Pick<Access, 'allowSessions'>,
): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter
  const pager = createPager(config.DATA_KEY, 'keys', config.APP_BASE_URL)

  router.get('/v1/auth/keys', allowSessions, async (ctx) => {
    const page = await keys.list(user(ctx), pager.read(ctx, DEFAULT_LIMIT))
    pager.announce(ctx, page.next)
    ctx.body = page.keys
  })

  router.post('/v1/auth/keys', allowSessions, async (ctx) => {
    const made = await keys.create(user(ctx), await readRequest(ctx.req))
    ctx.status = 201
    ctx.set('Location', `/v1/auth/keys/${made.api_key.id}`)
    ctx.body = made
  })

  router.get('/v1/auth/keys/:id', allowSessions, async (ctx) => {
    ctx.body = await keys.find(user(ctx), pathId(ctx))
  })

  router.patch('/v1/auth/keys/:id', allowSessions, async (ctx) => {
    const id = pathId(ctx)
    const { name } = await readChange(ctx.req)
    ctx.body = await keys.rename(user(ctx), id, name)
  })

  router.delete('/v1/auth/keys/:id', allowSessions, async (ctx) => {
    await keys.revoke(user(ctx), pathId(ctx))
    ctx.status = 204
  })

  return router
}

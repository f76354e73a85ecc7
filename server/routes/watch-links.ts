/** Watch links: one job's live page for people without an account. */
import Router from '@koa/router'
import { reachOf } from '../../core/access/reach.ts'
import { createWatchLink, listWatchLinks, revokeWatchLink } from '../../core/jobs/watch-links.ts'
import { Problem } from '../../core/platform/errors.ts'
import { queryableAs } from '../../core/platform/reach.ts'
import type { WatchLinkRequest } from '../../schemas/types.ts'
import schema from '../../schemas/watch-link-request.schema.json' with { type: 'json' }
import { bodyReader } from '../body.ts'
import type { ApiRouter, RequestState, ServerDeps } from '../context.ts'
import { type Allow, user } from '../middleware/access.ts'
import { pathId } from '../query.ts'

const readRequest = bodyReader<WatchLinkRequest>(schema, { optional: true })
const DAY_S = 86_400

export function watchLinkRoutes({ config, db, jobs }: ServerDeps, { allow }: { allow: Allow }): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter

  router.post('/v1/jobs/:id/watch-links', allow('jobs:read'), async (ctx) => {
    const job = await jobs.find(user(ctx), pathId(ctx))
    const { expires_in } = await readRequest(ctx.req)
    const link = await createWatchLink(queryableAs(db.pool, reachOf(user(ctx))), {
      jobId: job.id,
      createdBy: user(ctx).userId,
      expiresInS: expires_in ?? DAY_S,
    })
    ctx.status = 201
    ctx.body = {
      id: link.id,
      // The token is in the fragment: browsers keep it to themselves, so no log on the way ever has it.
      url: `${config.APP_BASE_URL}/watch/${job.id}#${link.token}`,
      expires_at: link.expires_at,
    }
  })

  router.get('/v1/jobs/:id/watch-links', allow('jobs:read'), async (ctx) => {
    const job = await jobs.find(user(ctx), pathId(ctx))
    ctx.body = await listWatchLinks(queryableAs(db.pool, reachOf(user(ctx))), job.id)
  })

  router.delete('/v1/jobs/:id/watch-links/:link_id', allow('jobs:write'), async (ctx) => {
    const linkId = pathId(ctx, 'link_id')
    const job = await jobs.find(user(ctx), pathId(ctx))
    if (!(await revokeWatchLink(queryableAs(db.pool, reachOf(user(ctx))), job.id, linkId)))
      throw new Problem('NOT_FOUND', 'no such link')
    ctx.status = 204
  })

  return router
}

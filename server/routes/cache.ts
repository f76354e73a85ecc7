/** What a team, or a person, has made already: looking at it, and letting it go. */
import Router from '@koa/router'
import type { CacheOf } from '../../core/jobs/cache-service.ts'
import { CACHE_STAGES } from '../../core/jobs/content-cache.ts'
import type { ApiRouter, Context, RequestState, ServerDeps } from '../context.ts'
import { type Access, user } from '../middleware/access.ts'
import { pathId, queryAge, queryOneOf } from '../query.ts'

export function cacheRoutes(
  { cache }: ServerDeps,
  { allowCreators, allowSessions }: Pick<Access, 'allowCreators' | 'allowSessions'>,
): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter

  async function evict(ctx: Context, of: CacheOf): Promise<void> {
    const stage = queryOneOf(ctx, 'stage', CACHE_STAGES)
    const unusedS = queryAge(ctx, 'older_than') ?? 0
    ctx.body = await cache.evict(user(ctx), of, { stage, unusedS })
  }

  router.get('/v1/teams/:id/cache', allowCreators('projects:read'), async (ctx) => {
    ctx.body = await cache.summary(user(ctx), { teamId: pathId(ctx) })
  })

  router.delete('/v1/teams/:id/cache', allowCreators('projects:write'), async (ctx) => {
    await evict(ctx, { teamId: pathId(ctx) })
  })

  router.get('/v1/account/cache', allowSessions, async (ctx) => {
    ctx.body = await cache.summary(user(ctx), 'own')
  })

  router.delete('/v1/account/cache', allowSessions, async (ctx) => {
    await evict(ctx, 'own')
  })

  return router
}

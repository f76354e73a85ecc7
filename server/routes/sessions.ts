/** One's own sessions: where one is logged in, and ending that. */
import Router from '@koa/router'
import { endOtherSessions, endSession, listSessions } from '../../core/accounts/own-sessions.ts'
import type { ApiRouter, RequestState, ServerDeps } from '../context.ts'
import { clearSessionCookie } from '../cookies.ts'
import { type Access, user } from '../middleware/access.ts'
import { createPager } from '../paging.ts'
import { pathId } from '../query.ts'

const DEFAULT_LIMIT = 100

export function sessionRoutes(
  { config, db }: ServerDeps,
  { allowSessions }: Pick<Access, 'allowSessions'>,
): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter
  const pager = createPager(config.DATA_KEY, 'sessions', config.APP_BASE_URL)

  router.get('/v1/auth/sessions', allowSessions, async (ctx) => {
    const page = await listSessions({ db }, user(ctx), pager.read(ctx, DEFAULT_LIMIT))
    pager.announce(ctx, page.next)
    ctx.body = page.sessions
  })

  router.delete('/v1/auth/sessions', allowSessions, async (ctx) => {
    await endOtherSessions({ db }, user(ctx))
    ctx.status = 204
  })

  router.delete('/v1/auth/sessions/:id', allowSessions, async (ctx) => {
    const id = pathId(ctx)
    await endSession({ db }, user(ctx), id)
    if (id === user(ctx).session?.id) clearSessionCookie(ctx, config)
    ctx.status = 204
  })

  return router
}

/** The servers of the engines: for everybody to look at, for operators to take out of service and back. */

import Router from '@koa/router'
import type { UserPrincipal } from '../../core/access/principal.ts'
import { Problem } from '../../core/platform/errors.ts'
import type { ApiRouter, Context, RequestState, ServerDeps } from '../context.ts'
import { type Allow, user } from '../middleware/access.ts'
import { queryOneOf } from '../query.ts'

const SLUG = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/

/** A slug that could be one of ours; whatever else stands there names no engine. */
function slugOf(ctx: Context): string {
  const slug = String(ctx.params.slug)
  if (!SLUG.test(slug)) throw new Problem('NOT_FOUND', 'no such engine')
  return slug
}

/** For whom the work of servers is to be told; null: it is not asked for. */
const standingFor = (ctx: Context): UserPrincipal | null =>
  queryOneOf(ctx, 'include', ['standing']) === 'standing' ? user(ctx) : null

export function engineRoutes({ engines }: ServerDeps, { allow }: { allow: Allow }): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter

  router.get('/v1/engines', allow(), async (ctx) => {
    ctx.body = await engines.list(standingFor(ctx))
  })
  router.get('/v1/engines/:slug', allow(), async (ctx) => {
    ctx.body = await engines.find(slugOf(ctx), standingFor(ctx))
  })
  router.get('/v1/engines/:slug/health', allow(), async (ctx) => {
    ctx.body = await engines.health(slugOf(ctx))
  })
  router.get('/v1/engines/:slug/catalogue', allow(), async (ctx) => {
    ctx.body = await engines.catalogue(slugOf(ctx))
  })

  // A key has to carry everything: what it does here is not about one owner.
  router.post('/v1/admin/engines/:slug/drain', allow('*'), async (ctx) => {
    ctx.body = await engines.drain(user(ctx), slugOf(ctx))
  })
  router.post('/v1/admin/engines/:slug/resume', allow('*'), async (ctx) => {
    ctx.body = await engines.resume(user(ctx), slugOf(ctx))
  })
  router.post('/v1/admin/engines/:slug/test', allow('*'), async (ctx) => {
    ctx.body = await engines.test(user(ctx), slugOf(ctx))
  })
  router.post('/v1/admin/engines/:slug/refresh-catalogue', allow('*'), async (ctx) => {
    ctx.body = await engines.refreshCatalogue(user(ctx), slugOf(ctx))
  })

  return router
}

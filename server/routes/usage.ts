/** What was used, and who did what. */
import Router from '@koa/router'
import { accountTrail, type TrailPage, teamTrail } from '../../core/audit/trail.ts'
import { Problem } from '../../core/platform/errors.ts'
import { usageByDay } from '../../core/usage/days.ts'
import { listUsage } from '../../core/usage/usage.ts'
import type { ApiRouter, Context, RequestState, ServerDeps } from '../context.ts'
import { type Access, user } from '../middleware/access.ts'
import { createPager } from '../paging.ts'
import { pathId, queryDay, queryText } from '../query.ts'

const DEFAULT_LIMIT = 100
const PERIOD = /^\d{4}-(0[1-9]|1[0-2])$/

/** @throws {Problem} VALIDATION_ERROR */
function queryPeriod(ctx: Context): string | undefined {
  const period = queryText(ctx, 'period')
  if (period !== undefined && !PERIOD.test(period))
    throw new Problem('VALIDATION_ERROR', 'period must be a month such as 2026-01')
  return period
}

export function usageRoutes(
  { config, db }: ServerDeps,
  { allow, allowSessions, allowCreatorSessions }: Access,
): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter
  const pagerOf = (list: string) => createPager(config.DATA_KEY, list, config.APP_BASE_URL)
  const usagePager = pagerOf('usage')
  const trailPager = pagerOf('audit')

  router.get('/v1/usage', allow('jobs:read'), async (ctx) => {
    const filter = { owner: queryText(ctx, 'owner'), period: queryPeriod(ctx) }
    const page = await listUsage({ db }, user(ctx), filter, usagePager.read(ctx, DEFAULT_LIMIT))
    usagePager.announce(ctx, page.next)
    ctx.body = page.usage
  })

  router.get('/v1/usage/days', allow('jobs:read'), async (ctx) => {
    const asked = { owner: queryText(ctx, 'owner'), from: queryDay(ctx, 'from'), to: queryDay(ctx, 'to') }
    ctx.body = await usageByDay({ db }, user(ctx), asked, Date.now())
  })

  function send(ctx: Context, { entries, next }: TrailPage): void {
    trailPager.announce(ctx, next)
    ctx.body = entries
  }

  router.get('/v1/account/audit', allowSessions, async (ctx) => {
    send(ctx, await accountTrail({ db }, user(ctx), trailPager.read(ctx, DEFAULT_LIMIT)))
  })

  router.get('/v1/teams/:id/audit', allowCreatorSessions, async (ctx) => {
    const teamId = pathId(ctx)
    send(ctx, await teamTrail({ db }, user(ctx), teamId, trailPager.read(ctx, DEFAULT_LIMIT)))
  })

  return router
}

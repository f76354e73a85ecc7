/** The sounds that come with Framecast. */
import Router from '@koa/router'
import { SYSTEM_ASSET_CATEGORIES } from '../../core/storyboard/system-assets.ts'
import type { ApiRouter, RequestState, ServerDeps } from '../context.ts'
import { type Allow, user } from '../middleware/access.ts'
import { createPager } from '../paging.ts'
import { queryList, queryOneOf, queryText } from '../query.ts'

const DEFAULT_LIMIT = 50

export function systemAssetRoutes(
  { config, systemAssets }: ServerDeps,
  { allow }: { allow: Allow },
): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter
  const pager = createPager(config.DATA_KEY, 'system-assets', config.APP_BASE_URL)

  router.get('/v1/system-assets', allow(), async (ctx) => {
    const category = queryOneOf(ctx, 'category', SYSTEM_ASSET_CATEGORIES)
    const tags = queryList(ctx, 'tags')
    const search = queryText(ctx, 'search')
    const page = await systemAssets.list(
      user(ctx),
      { ...(category && { category }), ...(tags && { tags }), ...(search && { search }) },
      pager.read(ctx, DEFAULT_LIMIT),
    )
    pager.announce(ctx, page.next)
    ctx.body = await Promise.all(page.assets.map((asset) => systemAssets.present(asset, false)))
  })

  router.get('/v1/system-assets/:id', allow(), async (ctx) => {
    const asset = await systemAssets.find(user(ctx), String(ctx.params.id))
    ctx.body = await systemAssets.present(asset, true)
  })

  return router
}

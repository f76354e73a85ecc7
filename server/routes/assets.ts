/** Files for storyboards: an address to put one to, and a look at what arrived. */
import Router from '@koa/router'
import type { UploadRequest } from '../../schemas/types.ts'
import schema from '../../schemas/upload-request.schema.json' with { type: 'json' }
import { bodyReader } from '../body.ts'
import type { ApiRouter, RequestState, ServerDeps } from '../context.ts'
import { type Allow, user } from '../middleware/access.ts'
import { createPager } from '../paging.ts'
import { pathId, queryOneOf, queryText, queryUuid } from '../query.ts'

const readRequest = bodyReader<UploadRequest>(schema)
const DEFAULT_LIMIT = 20

export function assetRoutes({ config, assets }: ServerDeps, { allow }: { allow: Allow }): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter
  const pager = createPager(config.DATA_KEY, 'assets', config.APP_BASE_URL)

  router.get('/v1/assets', allow('assets:read'), async (ctx) => {
    const status = queryOneOf(ctx, 'status', ['pending', 'ready', 'failed'])
    const owner = queryText(ctx, 'owner')?.toLowerCase()
    const projectId = queryUuid(ctx, 'project_id')
    const contentType = queryText(ctx, 'content_type')
    const isUsageWanted = queryOneOf(ctx, 'include', ['usage']) === 'usage'
    const page = await assets.list(
      user(ctx),
      {
        ...(status && { status }),
        ...(owner && { owner }),
        ...(projectId && { projectId }),
        ...(contentType && { contentType }),
      },
      pager.read(ctx, DEFAULT_LIMIT),
    )
    pager.announce(ctx, page.next)
    const usage = isUsageWanted
      ? await assets.usageOf(
          user(ctx),
          page.assets.map(({ id }) => id),
        )
      : undefined
    const storage = isUsageWanted && owner ? await assets.storageOf(user(ctx), owner) : null
    if (storage) ctx.set({ 'X-Storage-Used': String(storage.used), 'X-Storage-Limit': String(storage.limit) })
    ctx.body = await Promise.all(page.assets.map((asset) => assets.present(asset, false, usage?.(asset.id))))
  })

  router.get('/v1/assets/:id', allow('assets:read'), async (ctx) => {
    ctx.body = await assets.present(await assets.find(user(ctx), pathId(ctx)), true)
  })

  router.post('/v1/assets/upload-url', allow('assets:write'), async (ctx) => {
    const { filename, content_type, size_bytes, owner, project_id } = await readRequest(ctx.req)
    ctx.status = 201
    ctx.body = await assets.createUpload(user(ctx), {
      filename,
      contentType: content_type,
      sizeBytes: size_bytes,
      owner: owner ?? null,
      projectId: project_id?.toLowerCase() ?? null,
    })
  })

  router.post('/v1/assets/:id/parts', allow('assets:write'), async (ctx) => {
    ctx.body = await assets.uploadParts(user(ctx), pathId(ctx))
  })

  router.post('/v1/assets/:id/confirm', allow('assets:write'), async (ctx) => {
    const asset = await assets.confirmUpload(user(ctx), pathId(ctx), ctx.state.signal)
    ctx.body = await assets.present(asset, true)
  })

  router.delete('/v1/assets/:id', allow('assets:write'), async (ctx) => {
    await assets.remove(user(ctx), pathId(ctx))
    ctx.status = 204
  })

  return router
}

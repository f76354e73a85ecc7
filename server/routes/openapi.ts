/** The OpenAPI document of the server that is asked. */
import { createHash } from 'node:crypto'
import Router from '@koa/router'
import type { ApiRouter, RequestState, ServerDeps } from '../context.ts'
import { openApiDocument } from '../openapi/document.ts'

export function openApiRoutes({
  config,
  version,
}: Pick<ServerDeps, 'version'> & { config: Pick<ServerDeps['config'], 'APP_BASE_URL'> }): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter
  const text = JSON.stringify(openApiDocument(version, config.APP_BASE_URL))
  const etag = `"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"`

  router.get('/openapi.json', (ctx) => {
    ctx.set({ ETag: etag, 'Cache-Control': 'public, max-age=300', 'Access-Control-Allow-Origin': '*' })
    ctx.status = 200
    if (ctx.fresh) {
      ctx.status = 304
      return
    }
    ctx.type = 'application/json; charset=utf-8'
    ctx.body = text
  })

  return router
}

/** The published schemas, for editors that complete and check a storyboard while it is written. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import Router from '@koa/router'
import { Problem } from '../../core/platform/errors.ts'
import type { ApiRouter, RequestState } from '../context.ts'

const FOLDER = new URL('../../schemas/', import.meta.url)

export function schemaRoutes(): ApiRouter {
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter
  const schemas = new Map(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith('.schema.json'))
      .map((name) => {
        const text = readFileSync(new URL(name, FOLDER), 'utf8')
        return [name, { text, etag: `"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"` }]
      }),
  )

  router.get('/schemas/:name', (ctx) => {
    const schema = schemas.get(String((ctx.params as { name: string }).name))
    if (!schema) throw new Problem('NOT_FOUND', 'no such schema')
    ctx.set({ ETag: schema.etag, 'Cache-Control': 'public, max-age=300', 'Access-Control-Allow-Origin': '*' })
    ctx.status = 200
    if (ctx.fresh) {
      ctx.status = 304
      return
    }
    ctx.type = 'application/schema+json; charset=utf-8'
    ctx.body = schema.text
  })

  return router
}

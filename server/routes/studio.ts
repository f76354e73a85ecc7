/**
 * The studio: one page for all of its addresses, and its files under names that change with them. It is built beforehand
 * (`npx just studio`); an installation without it keeps its API and says how to get the rest.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import Router from '@koa/router'
import { Problem } from '../../core/platform/errors.ts'
import type { ApiRouter, Context, RequestState } from '../context.ts'
import { IMMUTABLE, type StaticFile, sendFile, staticFile } from '../static-file.ts'

const FOLDER = new URL('../../web/dist/', import.meta.url)

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

/** Pages of the studio; what they show is decided in the browser. */
const PAGES = [
  '/setup',
  '/sign-in',
  '/engines',
  '/engines/{*path}',
  '/t/{*path}',
  '/account',
  '/account/{*path}',
]

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Framecast</title>
<p>The studio is not built here. Run <code>npx just studio</code>, then start the server again. The API is at <a href="/docs">/docs</a>.</p></html>`

/** @param mediaOrigins where films and pictures come from, besides this server */
function policyOf(mediaOrigins: readonly string[]): string {
  const media = mediaOrigins.join(' ')
  return [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    // The text editor and the dialogs write their styles while they run.
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self'",
    `img-src 'self' data: blob: ${media}`,
    `media-src 'self' blob: ${media}`,
    `connect-src 'self' ${media}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

function readFiles(): ReadonlyMap<string, StaticFile> {
  const assets = new URL('assets/', FOLDER)
  if (!existsSync(assets)) return new Map()
  return new Map(
    readdirSync(assets).flatMap((name) => {
      const type = TYPES[extname(name)]
      return type ? [[name, staticFile(type, readFileSync(new URL(name, assets)))]] : []
    }),
  )
}

/** @param version of the product, for those who ask `/` for no page */
export function studioRoutes({
  version,
  mediaOrigins,
}: {
  version: string
  mediaOrigins: readonly string[]
}): ApiRouter {
  const files = readFiles()
  const policy = policyOf(mediaOrigins)
  const index = new URL('index.html', FOLDER)
  const isBuilt = existsSync(index)
  const page = staticFile('text/html; charset=utf-8', isBuilt ? readFileSync(index) : Buffer.from(NOT_BUILT))
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter

  const sendPage = (ctx: Context): Promise<void> => {
    // Kept, but asked about each time: it names its files.
    ctx.set({ 'Content-Security-Policy': policy, 'Cache-Control': 'no-cache' })
    return sendFile(ctx, page)
  }

  router.get('/', async (ctx) => {
    ctx.set('Vary', 'Accept')
    if (ctx.accepts('text/plain', 'text/html') === 'text/html') return sendPage(ctx)
    ctx.type = 'text/plain; charset=utf-8'
    ctx.body = `Framecast API v${version}`
  })

  for (const path of PAGES)
    router.get(path, (ctx) => {
      if (ctx.path.endsWith('/')) throw new Problem('NOT_FOUND', 'there is nothing at this address')
      return sendPage(ctx)
    })

  router.get('/studio/assets/:name', async (ctx) => {
    const file = files.get(ctx.params.name ?? '')
    if (!file) throw new Problem('NOT_FOUND', 'no such file')
    // A worker has a policy of its own: that of its script.
    ctx.set({ 'Content-Security-Policy': policy, 'Cache-Control': IMMUTABLE })
    await sendFile(ctx, file)
  })

  return router
}

/** The page behind the set-up link of a new installation. It is the same for everybody: the token decides, when it is sent. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Router from '@koa/router'
import { Problem } from '../../core/platform/errors.ts'
import type { ApiRouter, RequestState } from '../context.ts'
import { IMMUTABLE, type StaticFile, sendFile, staticFile } from '../static-file.ts'

const FILES: readonly (readonly [name: string, type: string, folder: string])[] = [
  ['setup.js', 'text/javascript; charset=utf-8', '../setup/'],
  ['setup.css', 'text/css; charset=utf-8', '../setup/'],
  ['inter-latin-wght-normal.woff2', 'font/woff2', '../watch/'],
]

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  'img-src data:',
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

function readFiles(): { version: string; files: ReadonlyMap<string, StaticFile> } {
  const hash = createHash('sha256')
  const files = new Map<string, StaticFile>()
  for (const [name, type, folder] of FILES) {
    const bytes = readFileSync(new URL(`${folder}${name}`, import.meta.url))
    hash.update(bytes)
    files.set(name, staticFile(type, bytes))
  }
  return { version: hash.digest('base64url').slice(0, 16), files }
}

export function setupRoutes(): ApiRouter {
  const { version, files } = readFiles()
  const html = readFileSync(new URL('../setup/page.html', import.meta.url), 'utf8')
  const page = staticFile(
    'text/html; charset=utf-8',
    Buffer.from(html.replaceAll('%ASSETS%', `/setup/assets/${version}`)),
  )
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter

  router.get('/setup', (ctx) => {
    // Kept, but asked about each time: it names the version of its files.
    ctx.set({ 'Content-Security-Policy': POLICY, 'Cache-Control': 'no-cache' })
    return sendFile(ctx, page)
  })

  router.get('/setup/assets/:version/:name', async (ctx) => {
    const file = files.get(ctx.params.name ?? '')
    if (!file) throw new Problem('NOT_FOUND', 'no such file')
    // While servers are being replaced, a page may ask for files of the version before: these do, but are not kept.
    ctx.set('Cache-Control', ctx.params.version === version ? IMMUTABLE : 'no-store')
    await sendFile(ctx, file)
  })

  return router
}

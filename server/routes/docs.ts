/** The API's document for reading and trying: Swagger UI, from this server alone. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import Router from '@koa/router'
import swaggerUi from 'swagger-ui-dist/package.json' with { type: 'json' }
import { Problem } from '../../core/platform/errors.ts'
import type { ApiRouter, RequestState } from '../context.ts'
import { IMMUTABLE, type StaticFile, sendFile, staticFile } from '../static-file.ts'

const FOLDER = new URL('../docs/', import.meta.url)
const LIBRARY = new URL('./', import.meta.resolve('swagger-ui-dist/package.json'))

const SCRIPT = 'text/javascript; charset=utf-8'
const STYLE = 'text/css; charset=utf-8'

const FILES: ReadonlyMap<string, { type: string; from: URL }> = new Map([
  ['docs.js', { type: SCRIPT, from: FOLDER }],
  ['docs.css', { type: STYLE, from: FOLDER }],
  ['swagger-ui-bundle.js', { type: SCRIPT, from: LIBRARY }],
  ['swagger-ui.css', { type: STYLE, from: LIBRARY }],
])

/** Its own files and its own server, and nothing else. Swagger UI's style sheet holds its pictures as data. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** Of the library as published, and of our few files as they are: together what a browser may keep. */
function currentVersion(): string {
  const hash = createHash('sha256').update(swaggerUi.version)
  for (const [name, { from }] of FILES) if (from === FOLDER) hash.update(readFileSync(new URL(name, from)))
  return hash.digest('base64url').slice(0, 16)
}

export function docsRoutes(): ApiRouter {
  const version = currentVersion()
  const html = readFileSync(new URL('page.html', FOLDER), 'utf8')
  const page = staticFile(
    'text/html; charset=utf-8',
    Buffer.from(html.replaceAll('%ASSETS%', `/docs/assets/${version}`)),
  )
  /** The library is 2 MB: read when somebody asks for it. */
  const read = new Map<string, Promise<StaticFile>>()
  const open = (name: string): Promise<StaticFile> | undefined => {
    const known = FILES.get(name)
    if (!known) return undefined
    const file =
      read.get(name) ?? readFile(new URL(name, known.from)).then((bytes) => staticFile(known.type, bytes))
    read.set(name, file)
    return file
  }
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter

  router.get('/docs', (ctx) => {
    // Kept, but asked about each time: it names the version of its files.
    ctx.set({ 'Content-Security-Policy': POLICY, 'Cache-Control': 'no-cache' })
    return sendFile(ctx, page)
  })

  router.get('/docs/assets/:version/:name', async (ctx) => {
    const file = await open(ctx.params.name ?? '')
    if (!file) throw new Problem('NOT_FOUND', 'no such file')
    // While servers are being replaced, a page may ask for files of the version before: these do, but are not kept.
    ctx.set('Cache-Control', ctx.params.version === version ? IMMUTABLE : 'no-store')
    await sendFile(ctx, file)
  })

  return router
}

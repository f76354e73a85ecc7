/**
 * The page behind the link of an invitation, from `server/join/`. It is the same for every invitation and says nothing of
 * any: whoever opens it logs in, and answers through the API.
 */
import { readFileSync } from 'node:fs'
import Router from '@koa/router'
import { Problem } from '../../core/platform/errors.ts'
import type { ApiRouter, RequestState } from '../context.ts'
import { FONT, FONT_TYPE, readFont, withLightStyle } from '../light/style.ts'
import { sendFile, staticFile } from '../static-file.ts'

const FOLDER = new URL('../join/', import.meta.url)
const ASSETS = '/join/assets'

const TYPES: Readonly<Record<string, string>> = {
  'join.js': 'text/javascript; charset=utf-8',
  'join.css': 'text/css; charset=utf-8',
  [FONT]: FONT_TYPE,
}

/** Its own files and its own server, and nothing else. */
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

function read(name: string): Buffer {
  if (name === FONT) return readFont()
  const source = readFileSync(new URL(name, FOLDER))
  return name.endsWith('.css') ? withLightStyle(source) : source
}

export function joinRoutes(): ApiRouter {
  const html = readFileSync(new URL('page.html', FOLDER), 'utf8').replaceAll('%ASSETS%', ASSETS)
  const page = staticFile('text/html; charset=utf-8', Buffer.from(html))
  const assets = new Map(Object.entries(TYPES).map(([name, type]) => [name, staticFile(type, read(name))]))
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter

  router.get('/teams/:team_id/invitations/:id/accept', (ctx) => {
    ctx.set({ 'Content-Security-Policy': POLICY, 'Cache-Control': 'no-cache' })
    return sendFile(ctx, page)
  })

  router.get(`${ASSETS}/:name`, (ctx) => {
    const file = assets.get(ctx.params.name ?? '')
    if (!file) throw new Problem('NOT_FOUND', 'no such file')
    ctx.set('Cache-Control', 'no-cache')
    return sendFile(ctx, file)
  })

  return router
}

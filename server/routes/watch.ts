/**
 * The live viewer: one page and its few files, from `server/watch/`. The page says nothing of a job by itself and is the
 * same for everybody: what may be seen is decided when it reads the job.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Router from '@koa/router'
import { Problem } from '../../core/platform/errors.ts'
import type { ApiRouter, RequestState } from '../context.ts'
import { FONT, FONT_TYPE, readFont, withLightStyle } from '../light/style.ts'
import { IMMUTABLE, type StaticFile, sendFile, staticFile } from '../static-file.ts'

const FOLDER = new URL('../watch/', import.meta.url)

const TYPES: Readonly<Record<string, string>> = {
  'connection.js': 'text/javascript; charset=utf-8',
  'film.js': 'text/javascript; charset=utf-8',
  'icon.js': 'text/javascript; charset=utf-8',
  'state.js': 'text/javascript; charset=utf-8',
  'view.js': 'text/javascript; charset=utf-8',
  'watch.js': 'text/javascript; charset=utf-8',
  'words.js': 'text/javascript; charset=utf-8',
  'watch.css': 'text/css; charset=utf-8',
  [FONT]: FONT_TYPE,
}

/**
 * A module without its comments, which are for readers of the source. Lines stay where they are, so that an error in a
 * browser names the source's line. Other comments beside code than types are left alone.
 */
export const withoutComments = (source: string): string =>
  source
    .replace(/^[ \t]*\/\*\*(?:(?!\*\/).)*\*\/[ \t]*$/gms, (comment) => comment.replace(/[^\n]+/g, ''))
    .replace(/^[ \t]*\/\/.*$/gm, '')
    .replace(/\/\*\* @type \{[^*]*\} \*\/ /g, '')

function read(name: string): Buffer {
  if (name === FONT) return readFont()
  const source = readFileSync(new URL(name, FOLDER))
  return name.endsWith('.js') ? Buffer.from(withoutComments(source.toString())) : withLightStyle(source)
}

/** One version for all assets together: modules import each other by plain name, so they belong to one folder. */
function readAssets(): { version: string; assets: ReadonlyMap<string, StaticFile> } {
  const assets = new Map<string, StaticFile>()
  const hash = createHash('sha256')
  for (const [name, type] of Object.entries(TYPES)) {
    const file = staticFile(type, read(name))
    hash.update(`${name}\n${file.etag}\n`)
    assets.set(name, file)
  }
  return { version: hash.digest('base64url').slice(0, 16), assets }
}

/** `https://films.example/bucket` -> `https://films.example`; what is no address is an error at start, not in a browser. */
const originOf = (address: string): string => new URL(address).origin

/**
 * What the page may load: its own files, and media from where they are.
 * @param host as the browser names this server: `ws:` is written out for browsers in which 'self' does not cover it
 */
export function watchPolicy(host: string, mediaOrigins: readonly string[]): string {
  const media = ["'self'", ...mediaOrigins].join(' ')
  const sockets = /^[A-Za-z0-9.:[\]-]{1,255}$/.test(host) ? ` ws://${host} wss://${host}` : ''
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    `img-src ${media} data:`,
    `media-src ${media}`,
    `connect-src 'self'${sockets}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

/**
 * Routes of the viewer. Reads its files when called.
 * @param options.mediaOrigins addresses from which films and pictures come, if others than the server's own: the store's
 *   public endpoint, APP_BASE_URL
 */
export function watchRoutes({ mediaOrigins }: { mediaOrigins: readonly string[] }): ApiRouter {
  const { version, assets } = readAssets()
  const folder = `/watch/assets/${version}`
  const html = readFileSync(new URL('page.html', FOLDER), 'utf8').replaceAll('%ASSETS%', folder)
  const page = staticFile('text/html; charset=utf-8', Buffer.from(html))
  const origins = [...new Set(mediaOrigins.map(originOf))]
  const router = new Router<RequestState>({ sensitive: true, strict: true }) as ApiRouter

  router.get('/watch/:job', (ctx) => {
    ctx.set({
      'Content-Security-Policy': watchPolicy(ctx.host, origins),
      // Kept, but asked about each time: it names the assets' version.
      'Cache-Control': 'no-cache',
    })
    return sendFile(ctx, page)
  })

  router.get('/watch/assets/:version/:name', (ctx) => {
    const file = assets.get(ctx.params.name ?? '')
    if (!file) throw new Problem('NOT_FOUND', 'no such file')
    // While servers are being replaced, a page may ask for files of the version before: these do, but are not kept.
    const isCurrent = ctx.params.version === version
    ctx.set('Cache-Control', isCurrent ? IMMUTABLE : 'no-store')
    return sendFile(ctx, file)
  })

  return router
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FfmpegTools } from '../../core/platform/ffmpeg.ts'
import type { Logger } from '../../core/platform/log.ts'
import { createEngine } from './engine/engine.ts'
import { Folders } from './engine/folders.ts'
import {
  BodyTooLarge,
  empty,
  fromAnotherSite,
  MAX_BODY_BYTES,
  plain,
  type Reply,
  send,
  Trouble,
  trouble,
} from './server/http.ts'
import { type Doors, execInfo, FEATURES, ROUTES } from './server/routes.ts'
import { createSockets } from './server/sockets.ts'

export type PreviewEngineOptions = {
  /** Address to listen on; loopback unless told otherwise, since the API has no authentication. */
  readonly host?: string
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** Folder for input, output and temporary files; made if missing. */
  readonly dataDir: string
  readonly tools: FfmpegTools
  readonly log: Logger
}

export type PreviewEngine = { readonly url: string; close(): Promise<void> }

/**
 * Starts the preview engine: a server that speaks the ComfyUI API and draws animatics on the CPU.
 * `close` interrupts what runs, lets its process end, and frees the port.
 */
export async function startPreviewEngine(options: PreviewEngineOptions): Promise<PreviewEngine> {
  const { host = '127.0.0.1', port = 0, tools, log } = options
  const folders = new Folders(options.dataDir)
  folders.sweep(Date.now())
  const sockets = createSockets({
    features: FEATURES,
    status: () => execInfo(engine),
    runningNode: (clientId) => (engine.current?.clientId === clientId ? engine.current.node : null),
  })
  const engine = createEngine(
    { tools, folders, log, now: Date.now },
    {
      changed: () => sockets.broadcast('status', { status: execInfo(engine) }),
      audienceOf: sockets.audienceOf,
    },
  )
  const doors: Doors = { engine, folders, now: Date.now, ffmpegVersion: tools.version }
  const server = createServer((request, response) => {
    answer(doors, request, response).catch((err: unknown) => {
      log.error({ err, path: request.url?.split('?')[0] }, 'request failed')
      send(response, trouble(), true)
    })
  })
  server.on('upgrade', (request: IncomingMessage, socket, head) => {
    const path = request.url?.split('?')[0]
    if ((path === '/ws' || path === '/api/ws') && !fromAnotherSite(request))
      sockets.upgrade(request, socket, head)
    else socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`
  log.info({ url }, 'preview engine listens')
  return {
    url,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await engine.close()
      sockets.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(doors: Doors, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const withBody = request.method !== 'HEAD'
  const reply = fromAnotherSite(request) ? empty(403) : await route(doors, request, response)
  if (reply) {
    // A body we did not read to its end must not be taken for the next request.
    if (!request.complete) response.setHeader('Connection', 'close')
    send(response, reply, withBody)
  }
}

async function route(
  doors: Doors,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Reply | null> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://engine')
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET')
  for (const path of pathname.startsWith('/api/') ? [pathname, pathname.slice(4)] : [pathname]) {
    const found = match(method, path)
    if (!found) continue
    try {
      return await found.route({ ...doors, request, response, query: searchParams, name: found.name })
    } catch (error) {
      if (error instanceof Trouble) return trouble()
      if (error instanceof BodyTooLarge)
        return plain(413, `Maximum request body size ${MAX_BODY_BYTES} exceeded.`)
      throw error
    }
  }
  return { status: 404, headers: { 'Content-Type': 'application/octet-stream' } }
}

function match(method: string, path: string): { route: (typeof ROUTES)[string]; name: string } | null {
  const exact = ROUTES[`${method} ${path}`]
  if (exact) return { route: exact, name: '' }
  const parts = path.split('/')
  for (let i = parts.length - 1; i > 1; i -= 1) {
    const pattern = parts.with(i, ':').join('/')
    const route = ROUTES[`${method} ${pattern}`]
    if (route) return { route, name: decoded(parts[i]!) }
  }
  return null
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

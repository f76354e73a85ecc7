/** The door to WebSockets: `GET /v1/ws`. Decides who comes in; session.ts does the rest. */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Config } from '../../core/platform/config.ts'
import { Problem } from '../../core/platform/errors.ts'
import type { Admit } from '../admission.ts'
import { type Credential, readAuthorization, trustedCookie } from '../credentials.ts'
import { requestIdOf } from '../middleware/request.ts'
import { toReply } from '../problems.ts'
import type { Gate } from './gate.ts'
import { CLOSE, runSession, type Session, type SessionDeps } from './session.ts'

export const WEBSOCKET_PATH = '/v1/ws'
const PROTOCOL = 'framecast.v1'
const MAX_FRAME_BYTES = 16 * 1024

/**
 * The first credential found, in the documented order.
 * @throws {Problem} 401 when there is none, 403 for a cookie that a page of another origin uses
 */
function credentialOf(
  request: IncomingMessage,
  config: Pick<Config, 'APP_BASE_URL' | 'CORS_ORIGINS'>,
): Credential {
  const { authorization } = request.headers
  if (authorization) return readAuthorization(authorization)
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim())
  const after = (prefix: string): string | undefined =>
    offered.find((protocol) => protocol.startsWith(prefix))?.slice(prefix.length)
  const bearer = after('bearer.')
  if (bearer) return { kind: 'bearer', token: bearer }
  const ticket = new URL(request.url ?? '/', 'http://server').searchParams.get('ticket')
  if (ticket) return { kind: 'ticket', token: ticket }
  const watch = after('watch.')
  if (watch) return { kind: 'watch', token: watch }
  return trustedCookie(request.headers, config) ?? readAuthorization(undefined)
}

/** Refuses a handshake with an ordinary HTTP reply. */
function refuse(
  socket: Duplex,
  error: unknown,
  requestId: string,
  more: Readonly<Record<string, string>>,
): number {
  const { status, headers, body } = toReply(error, requestId)
  const text = JSON.stringify(body)
  const lines = [
    `HTTP/1.1 ${status} ${status === 401 ? 'Unauthorized' : 'Refused'}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    `X-Request-Id: ${requestId}`,
    'Cache-Control: no-store',
    'Connection: close',
    ...Object.entries({ ...more, ...headers }).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`)
  return status
}

export type WebSocketDoor = {
  readonly open: number
  /** Says 1001 to every socket. */
  closeAll(): void
}

export function openWebSocketDoor(
  server: Server,
  deps: SessionDeps & { config: Config; admit: Admit; gate: Gate; closing: AbortSignal },
): WebSocketDoor {
  const { config, admit, gate, log, closing } = deps
  const sessions = new Set<Session>()
  /** Headers of the reply to a handshake, kept until it is answered. */
  const replyHeaders = new WeakMap<IncomingMessage, Record<string, string>>()
  const acceptor = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    // Only our own name is ever said back: the other offers may be tokens.
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  })

  acceptor.on('headers', (lines, request) => {
    for (const [name, value] of Object.entries(replyHeaders.get(request) ?? {}))
      lines.push(`${name}: ${value}`)
  })

  async function letIn(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    requestId: string,
  ): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://server')
    if (pathname !== WEBSOCKET_PATH) throw new Problem('NOT_FOUND', 'there is nothing at this address')
    if (request.headers.upgrade?.toLowerCase() !== 'websocket')
      throw new Problem('UPGRADE_REQUIRED', 'this address speaks WebSocket')
    if (closing.aborted)
      throw new Problem('SERVICE_UNAVAILABLE', 'this server is going away', {
        reason: 'closing',
        retryAfterS: 2,
      })
    const principal = await admit(
      request,
      () => credentialOf(request, config),
      (headers) => replyHeaders.set(request, headers),
    )
    if (socket.destroyed) return
    const leave = gate.enter('websocket', principal)
    socket.once('close', leave)
    const sessionLog = log.child({ request_id: requestId })
    acceptor.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
      const openedAt = performance.now()
      const session = runSession(webSocket, principal, { ...deps, log: sessionLog })
      sessions.add(session)
      webSocket.once('close', (code) => {
        sessions.delete(session)
        sessionLog.info(
          { route: WEBSOCKET_PATH, code, ms: Math.round(performance.now() - openedAt) },
          'websocket closed',
        )
      })
      if (closing.aborted) session.close(CLOSE.restart, 'restart')
    })
  }

  server.on('upgrade', (request, socket, head) => {
    const requestId = requestIdOf(request.headers['x-request-id'] as string | undefined)
    socket.on('error', () => {})
    letIn(request, socket, head, requestId).catch((error) => {
      const status = refuse(socket, error, requestId, replyHeaders.get(request) ?? {})
      log.info({ request_id: requestId, route: WEBSOCKET_PATH, status }, 'websocket refused')
    })
  })

  return {
    get open() {
      return sessions.size
    },
    closeAll() {
      for (const session of sessions) session.close(CLOSE.restart, 'restart')
    },
  }
}

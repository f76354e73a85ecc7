/** One HTTP exchange with limits on connecting, waiting and size. No pooling: see `exchange`. */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { TransportError } from './errors.ts'
import type { ComfyLimits } from './limits.ts'

/** A server's address taken apart once; credentials go into a header and never into a message. */
export type Target = {
  origin: string
  socketOrigin: string
  basePath: string
  headers: Readonly<Record<string, string>>
  /** `host:port`, for people. */
  label: string
}

export type ExchangeRequest = {
  method: 'GET' | 'POST' | 'HEAD'
  /** Route with query, starting with `/`. */
  path: string
  body?: Uint8Array
  contentType?: string
}

export type Reply = { status: number; headers: IncomingHttpHeaders; body: Buffer }

/** @throws {TypeError} when `url` is not an http(s) address */
export function parseTarget(url: string): Target {
  const parsed = new URL(url)
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')
    throw new TypeError('a ComfyUI address must start with http:// or https://')
  const { username, password } = parsed
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return {
    origin: parsed.origin,
    socketOrigin: parsed.origin.replace(/^http/, 'ws'),
    basePath: parsed.pathname.replace(/\/+$/, ''),
    headers:
      username || password ? { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } : {},
    label: parsed.host,
  }
}

/**
 * Sends a request and resolves with the reply's head; the body is still to be read (and is destroyed with `signal`).
 * Each exchange has its own connection: a kept one that the server has just closed would turn a certain failure
 * into an unknown outcome, and connecting on a private network costs less than a millisecond.
 * @throws {TransportError}; the signal's reason when aborted
 */
export function openReply(
  target: Target,
  request: ExchangeRequest,
  limits: Pick<ComfyLimits, 'connectMs' | 'replyMs'>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const url = new URL(`${target.origin}${target.basePath}${request.path}`)
    const secure = url.protocol === 'https:'
    const outgoing = (secure ? httpsRequest : httpRequest)(url, {
      method: request.method,
      agent: false,
      headers: {
        ...target.headers,
        accept: '*/*',
        ...(request.contentType ? { 'content-type': request.contentType } : {}),
        ...(request.body ? { 'content-length': request.body.byteLength } : {}),
      },
    })
    let connected = false
    let timer = setTimeout(() => outgoing.destroy(new Error('no connection in time')), limits.connectMs)
    const onAbort = (): void => void outgoing.destroy(new Error('aborted'))
    signal.addEventListener('abort', onAbort, { once: true })
    outgoing.on('socket', (socket) =>
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        connected = true
        clearTimeout(timer)
        timer = setTimeout(() => outgoing.destroy(new Error('no reply in time')), limits.replyMs)
      }),
    )
    outgoing.on('response', (reply) => {
      clearTimeout(timer)
      reply.once('close', () => signal.removeEventListener('abort', onAbort))
      resolve(reply)
    })
    outgoing.on('error', (error) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      reject(
        signal.aborted
          ? signal.reason
          : new TransportError(`${target.label}: ${error.message}`, connected, error),
      )
    })
    outgoing.end(request.body)
  })
}

/**
 * One whole exchange, the body read into memory up to `limits.replyBytes`.
 * @throws {TransportError}; the signal's reason when aborted
 */
export async function exchange(
  target: Target,
  request: ExchangeRequest,
  limits: Pick<ComfyLimits, 'connectMs' | 'replyMs' | 'replyBytes'>,
  signal: AbortSignal,
): Promise<Reply> {
  const reply = await openReply(target, request, limits, signal)
  const timer = setTimeout(() => reply.destroy(new Error('reply not complete in time')), limits.replyMs)
  try {
    const parts: Buffer[] = []
    let size = 0
    for await (const part of reply as AsyncIterable<Buffer>) {
      size += part.length
      if (size > limits.replyBytes) throw new Error('reply too large')
      parts.push(part)
    }
    return { status: reply.statusCode ?? 0, headers: reply.headers, body: Buffer.concat(parts) }
  } catch (error) {
    reply.destroy()
    signal.throwIfAborted()
    throw new TransportError(`${target.label}: ${(error as Error).message}`, true, error)
  } finally {
    clearTimeout(timer)
  }
}

/** The body as JSON, or undefined when it is anything else (an HTML page of a proxy, plain text, nothing). */
export function jsonOf(reply: Reply): unknown {
  try {
    return JSON.parse(reply.body.toString('utf8'))
  } catch {
    return undefined
  }
}

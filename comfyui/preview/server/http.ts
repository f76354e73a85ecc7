import type { IncomingMessage, ServerResponse } from 'node:http'

/** Largest body taken, for uploads and prompts alike. */
export const MAX_BODY_BYTES = 104_857_600
/** A client that sends slower than this in all is cut off. */
const BODY_MS = 120_000

/** An answer as data; routes return it, one place writes it. */
export type Reply = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export const json = (value: unknown, status = 200): Reply => ({
  status,
  headers: { 'Content-Type': 'application/json; charset=utf-8' },
  body: JSON.stringify(value),
})
export const empty = (status: number): Reply => ({ status })
export const plain = (status: number, text: string): Reply => ({
  status,
  headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  body: text,
})
/** What the real server answers when its own code fails: bodies that are no JSON, wrong types and the like. */
export const trouble = (): Reply => plain(500, '500 Internal Server Error\n\nServer got itself in trouble')

/** Thrown by routes for inputs on which the real server fails. */
export class Trouble extends Error {}
export class BodyTooLarge extends Error {}

export function send(response: ServerResponse, reply: Reply, withBody: boolean): void {
  if (response.headersSent || response.destroyed) return
  const body = reply.body === undefined ? Buffer.alloc(0) : Buffer.from(reply.body)
  response.writeHead(reply.status, { ...reply.headers, 'Content-Length': String(body.length) })
  response.end(withBody ? body : undefined)
}

/** @throws {BodyTooLarge} and reads no further than the limit */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw new BodyTooLarge()
  const timer = setTimeout(() => request.destroy(new Error('the body came too slowly')), BODY_MS)
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > MAX_BODY_BYTES) throw new BodyTooLarge()
      chunks.push(chunk)
    }
  } finally {
    clearTimeout(timer)
  }
  return Buffer.concat(chunks)
}

/** @throws {Trouble} if the body is not JSON */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request)
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new Trouble('the body is not JSON')
  }
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/

/** True for a page of another site that reaches for a loopback engine through its visitor's browser. */
export function fromAnotherSite(request: IncomingMessage): boolean {
  if (request.headers['sec-fetch-site'] === 'cross-site') return true
  const { origin, host } = request.headers
  if (!origin || !host) return false
  try {
    const [from, to] = [new URL(origin), new URL(`http://${host}`)]
    return LOOPBACK.test(to.hostname) && from.host.toLowerCase() !== to.host.toLowerCase()
  } catch {
    return true
  }
}

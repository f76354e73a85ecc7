/** A receiver of webhooks on the wire: keeps what came, answers as told. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Scope } from './postgres.ts'

export type Received = {
  method: string
  path: string
  headers: Record<string, string>
  bytes: Buffer
  body: { event: string; delivery_id: string; [key: string]: unknown }
}

export type Answer = (
  request: Received,
  response: ServerResponse,
  incoming: IncomingMessage,
) => void | Promise<void>

export type Receiver = {
  readonly port: number
  /** Address of a path, by the numeric loopback address unless `host` is another name of it. */
  url(path?: string, host?: string): string
  readonly received: Received[]
  /** How requests are answered from now on; 204 at first. */
  answer: Answer
  /** Requests that are being answered now, and the most there ever were. */
  readonly open: { now: number; most: number }
  /** Resolves once `count` requests have come. */
  got(count: number, limitMs?: number): Promise<Received[]>
}

/** @param tls key and certificate in PEM, for https */
export async function startReceiver(t: Scope, tls?: { key: string; cert: string }): Promise<Receiver> {
  const received: Received[] = []
  const waiting = new Set<() => void>()
  const open = { now: 0, most: 0 }
  const receiver = {
    received,
    open,
    answer: ((_request, response) => void response.writeHead(204).end()) as Answer,
    url: (path = '/hook', host = '127.0.0.1') =>
      `${tls ? 'https' : 'http'}://${host}:${receiver.port}${path}`,
    port: 0,
    async got(count: number, limitMs = 20_000) {
      const timer = AbortSignal.timeout(limitMs)
      while (received.length < count) {
        const { promise, resolve, reject } = Promise.withResolvers<void>()
        const late = () => reject(new Error(`${received.length} of ${count} requests came in ${limitMs} ms`))
        waiting.add(resolve)
        timer.addEventListener('abort', late, { once: true })
        if (timer.aborted) late()
        await promise.finally(() => {
          waiting.delete(resolve)
          timer.removeEventListener('abort', late)
        })
      }
      return received
    },
  }
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    open.now += 1
    open.most = Math.max(open.most, open.now)
    response.once('close', () => {
      open.now -= 1
    })
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const bytes = Buffer.concat(chunks)
    const request: Received = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers as Record<string, string>,
      bytes,
      body: bytes.length > 0 ? JSON.parse(bytes.toString()) : null,
    }
    received.push(request)
    for (const wake of waiting) wake()
    await receiver.answer(request, response, incoming)
  }
  const onRequest = (incoming: IncomingMessage, response: ServerResponse): void => {
    handle(incoming, response).catch(() => response.destroy())
  }
  const server = tls ? createSecureServer(tls, onRequest) : createServer(onRequest)
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  receiver.port = (server.address() as AddressInfo).port
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return receiver
}

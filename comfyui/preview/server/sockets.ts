import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { Audience } from '../engine/execute.ts'
import type { JsonObject } from '../engine/types.ts'

const MAX_CLIENT_FRAME = 4 * 1_024 * 1_024
/** A reader this far behind is dropped: one that has stopped reading must not fill our memory. */
const MAX_BEHIND_BYTES = 16 * 1_024 * 1_024
const MAX_SOCKETS = 256

export type Sockets = {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  broadcast(type: string, data: JsonObject): void
  audienceOf(clientId: string | null): Audience
  close(): void
}

type Client = { socket: WebSocket; wantsMetadata: boolean }

type Options = {
  features: JsonObject
  status: () => JsonObject
  /** What a client is told that connects while its prompt runs. */
  runningNode: (clientId: string) => string | null
}

/** The sockets of an engine: who listens, under which client id, and in which form it takes previews. */
export function createSockets({ features, status, runningNode }: Options): Sockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_CLIENT_FRAME })
  const clients = new Map<string, Client>()
  const write = (client: Client, data: string | Buffer): void => {
    if (client.socket.readyState !== client.socket.OPEN) return
    if (client.socket.bufferedAmount > MAX_BEHIND_BYTES) client.socket.terminate()
    else client.socket.send(data)
  }
  const message = (type: string, data: JsonObject): string => JSON.stringify({ type, data })
  const listeners = (clientId: string | null): Client[] => {
    if (clientId === null) return [...clients.values()]
    const own = clients.get(clientId)
    return own ? [own] : []
  }

  server.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    const asked = new URL(request.url ?? '/', 'http://engine').searchParams.get('clientId')
    const sid = asked || randomUUID().replaceAll('-', '')
    const client: Client = { socket, wantsMetadata: false }
    // A second socket under one id takes over; the older one stays open and hears nothing.
    clients.set(sid, client)
    socket.on('error', () => {})
    socket.on('close', () => {
      if (clients.get(sid) === client) clients.delete(sid)
    })
    socket.once('message', (data: RawData, isBinary) => {
      const flags = isBinary ? null : flagsIn(String(data))
      if (!flags) return
      client.wantsMetadata = flags.supports_preview_metadata === true
      write(client, message('feature_flags', features))
    })
    write(client, message('status', { status: status(), sid }))
    const node = asked ? runningNode(sid) : null
    if (node !== null) write(client, message('executing', { node }))
  })

  return {
    upgrade(request, socket, head) {
      if (clients.size >= MAX_SOCKETS) {
        socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
        return
      }
      server.handleUpgrade(request, socket, head, (opened) => server.emit('connection', opened, request))
    },
    broadcast(type, data) {
      const text = message(type, data)
      for (const client of clients.values()) write(client, text)
    },
    audienceOf: (clientId) => ({
      owner(type, data) {
        if (clientId !== null) for (const client of listeners(clientId)) write(client, message(type, data))
      },
      ownerOrAll(type, data) {
        for (const client of listeners(clientId)) write(client, message(type, data))
      },
      preview(form, picture, place) {
        const frame = form === 'metadata' ? metadataFrame(picture, place) : plainFrame(picture)
        for (const client of listeners(clientId)) {
          if (client.wantsMetadata === (form === 'metadata')) write(client, frame)
        }
      },
    }),
    close() {
      for (const { socket } of clients.values()) socket.terminate()
      server.close()
    },
  }
}

function flagsIn(text: string): JsonObject | null {
  try {
    const frame = JSON.parse(text) as { type?: unknown; data?: unknown }
    return frame?.type === 'feature_flags' && typeof frame.data === 'object'
      ? (frame.data as JsonObject)
      : null
  } catch {
    return null
  }
}

/** Event 1: format (1 is JPEG), picture. */
function plainFrame(picture: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(1, 0)
  head.writeUInt32BE(1, 4)
  return Buffer.concat([head, picture])
}

/** Event 4: length of the description, description as JSON, picture. */
function metadataFrame(picture: Buffer, place: JsonObject): Buffer {
  const text = Buffer.from(JSON.stringify(place))
  const head = Buffer.alloc(8)
  head.writeUInt32BE(4, 0)
  head.writeUInt32BE(text.length, 4)
  return Buffer.concat([head, text, picture])
}

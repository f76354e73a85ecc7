/** One WebSocket to a server, kept open: hints and progress only, never the truth. */
import { WebSocket } from 'ws'
import type { Target } from './http.ts'
import type { ComfyLimits } from './limits.ts'
import { type ComfyFrame, type ComfyMessage, readFrame, readMessage } from './messages.ts'

export type SocketListener = {
  message(message: ComfyMessage): void
  frame(frame: ComfyFrame): void
  /** The connection came or went. */
  changed(): void
}

const BACK_OFF_MS = [250, 500, 1_000, 2_000, 5_000] as const

/**
 * A connection under one client id, reopened after every close until `close()`. The same id is kept across
 * reconnects, because the server sends a prompt's messages to the id it was posted with; the old connection is
 * always gone before the next is opened, since a server that sees the old one close later forgets both.
 */
export class ComfySocket {
  readonly clientId: string
  #target: Target
  #limits: ComfyLimits
  #listener: SocketListener
  #socket: WebSocket | null = null
  #ready = false
  #closed = false
  #heard = true
  #failures = 0
  #ping: NodeJS.Timeout | null = null
  #again: NodeJS.Timeout | null = null
  #random: () => number

  constructor(
    target: Target,
    clientId: string,
    limits: ComfyLimits,
    listener: SocketListener,
    random: () => number = Math.random,
  ) {
    this.#target = target
    this.clientId = clientId
    this.#limits = limits
    this.#listener = listener
    this.#random = random
    this.#open()
  }

  /** True between the server's first `status` and the close. */
  get connected(): boolean {
    return this.#ready
  }

  /** Drops the connection and opens another: for one that is open but hears nothing. */
  reopen(): void {
    this.#failures = 0
    this.#socket?.terminate()
  }

  close(): void {
    this.#closed = true
    if (this.#again) clearTimeout(this.#again)
    if (this.#ping) clearInterval(this.#ping)
    this.#ready = false
    // A closing handshake would wait for a server that may be gone.
    this.#socket?.terminate()
  }

  #open(): void {
    const { socketOrigin, basePath, headers } = this.#target
    const socket = new WebSocket(
      `${socketOrigin}${basePath}/ws?clientId=${encodeURIComponent(this.clientId)}`,
      {
        handshakeTimeout: this.#limits.connectMs,
        maxPayload: this.#limits.frameBytes,
        perMessageDeflate: false,
        headers,
      },
    )
    this.#socket = socket
    this.#heard = true
    socket.on('open', () => {
      // Must be the first frame that the server gets, and again on every connection.
      socket.send(JSON.stringify({ type: 'feature_flags', data: { supports_preview_metadata: true } }))
      this.#ping = setInterval(() => this.#check(socket), this.#limits.pingMs)
    })
    socket.on('pong', () => {
      this.#heard = true
    })
    socket.on('message', (bytes: Buffer, binary: boolean) => {
      this.#heard = true
      if (binary) {
        const frame = readFrame(bytes)
        if (frame) this.#listener.frame(frame)
        return
      }
      const message = readMessage(bytes)
      if (!message) return
      if (!this.#ready && message.type === 'status') {
        this.#ready = true
        this.#failures = 0
        this.#listener.changed()
      }
      this.#listener.message(message)
    })
    // The close event follows and carries on; without a listener the error would end the process.
    socket.on('error', () => {})
    socket.on('close', () => {
      if (this.#ping) clearInterval(this.#ping)
      this.#ready = false
      if (this.#closed) return
      const backOffMs = BACK_OFF_MS[Math.min(this.#failures++, BACK_OFF_MS.length - 1)] ?? 5_000
      this.#again = setTimeout(() => this.#open(), backOffMs * (0.75 + this.#random() / 2))
      this.#listener.changed()
    })
  }

  #check(socket: WebSocket): void {
    if (this.#heard) socket.ping()
    else socket.terminate()
    this.#heard = false
  }
}

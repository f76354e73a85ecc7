/**
 * One WebSocket a tab, for all channels the page wants. Comes back after every kind of loss; channels of jobs resume after
 * the last sequence seen, the others tell their listener to read again.
 */

type Message = { type: string; channel?: string; code?: string; [field: string]: unknown }

type Listener = {
  onMessage(message: Message): void
  /** The channel stands, perhaps again: what was missed has to be read. */
  onStand(): void
}

export type Link = 'idle' | 'connecting' | 'live' | 'lost'

const OPEN_LIMIT_MS = 10_000
const QUIET_MS = 20_000
const ANSWER_LIMIT_MS = 6_000
/** A short loss is nobody's concern. */
const LOST_AFTER_MS = 3_000

/**
 * Wait before try `attempt` (from 1): 1, 2, 4, 8, then 10 s, shortened at random by up to a half. After "I am going down"
 * (1001) and "too much" (1013) the server wants its viewers spread wider.
 * @param random 0 to 1
 */
export function waitMs(attempt: number, closeCode: number, random: number): number {
  if (attempt === 1 && (closeCode === 1001 || closeCode === 1013)) return 1_000 + 9_000 * random
  return Math.max(1_000, Math.min(10_000, 1_000 * 2 ** (attempt - 1)) * (0.5 + 0.5 * random))
}

function createConnection() {
  const listeners = new Map<string, Set<Listener>>()
  const watchers = new Set<() => void>()
  let socket: WebSocket | null = null
  let link: Link = 'idle'
  let attempt = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let lostTimer: ReturnType<typeof setTimeout> | undefined
  let messageId = 0

  const setLink = (next: Link): void => {
    if (link === next) return
    link = next
    for (const watcher of watchers) watcher()
  }

  const send = (message: object): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
  }
  const subscribe = (channel: string): void => {
    messageId += 1
    send({ type: 'subscribe', id: `s${messageId}`, channel })
  }

  const quiet = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      send({ type: 'ping' })
      timer = setTimeout(() => lose(0), ANSWER_LIMIT_MS)
    }, QUIET_MS)
  }

  function lose(code: number): void {
    clearTimeout(timer)
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null
      // Not waited for: on a dead line the closing handshake takes as long as the line.
      socket.close()
      socket = null
    }
    if (listeners.size === 0) {
      setLink('idle')
      return
    }
    setLink('connecting')
    lostTimer ??= setTimeout(() => setLink('lost'), LOST_AFTER_MS)
    attempt += 1
    timer = setTimeout(open, waitMs(attempt, code, Math.random()))
  }

  function open(): void {
    clearTimeout(timer)
    if (socket || listeners.size === 0) return
    const url = new URL('/v1/ws', location.href)
    url.protocol = url.protocol.replace('http', 'ws')
    socket = new WebSocket(url, ['framecast.v1'])
    if (link === 'idle') setLink('connecting')
    timer = setTimeout(() => lose(0), OPEN_LIMIT_MS)
    socket.onopen = () => {
      quiet()
      for (const channel of listeners.keys()) subscribe(channel)
    }
    socket.onclose = (event) => lose(event.code)
    socket.onmessage = ({ data }) => {
      quiet()
      const message = JSON.parse(String(data)) as Message
      if (message.type === 'ack') {
        attempt = 0
        clearTimeout(lostTimer)
        lostTimer = undefined
        setLink('live')
        for (const listener of listeners.get(message.channel ?? '') ?? []) listener.onStand()
      } else if (message.channel) {
        for (const listener of listeners.get(message.channel) ?? []) listener.onMessage(message)
      }
    }
  }

  const hurry = (): void => {
    if (socket || listeners.size === 0) return
    open()
  }
  globalThis.addEventListener?.('online', hurry)
  globalThis.document?.addEventListener('visibilitychange', () => {
    if (!document.hidden) hurry()
  })

  return {
    /** Listens to a channel until the returned function is called. */
    listen(channel: string, listener: Listener): () => void {
      const known = listeners.get(channel)
      if (known) {
        known.add(listener)
        if (link === 'live') listener.onStand()
      } else {
        listeners.set(channel, new Set([listener]))
        if (socket) subscribe(channel)
        else open()
      }
      return () => {
        const all = listeners.get(channel)
        all?.delete(listener)
        if (all?.size !== 0) return
        listeners.delete(channel)
        messageId += 1
        send({ type: 'unsubscribe', id: `u${messageId}`, channel })
      }
    },
    link: (): Link => link,
    onLink(watcher: () => void): () => void {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    /** Tries at once. */
    retry: hurry,
    close(): void {
      listeners.clear()
      lose(0)
    },
  }
}

/** The socket of this tab. */
export const connection = createConnection()

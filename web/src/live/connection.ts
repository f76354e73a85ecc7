/**
 * One WebSocket a tab, for all channels the page wants. Comes back after every kind of loss and tells its listeners, who then
 * read what they show and ask for the events since.
 */
import { ask } from '../api/client.ts'
import { waitMs } from './backoff.ts'

export type Message = { type: string; channel?: string; code?: string; [field: string]: unknown }

type Listener = {
  onMessage(message: Message): void
  /** The channel stands, perhaps again: what was missed has to be read. */
  onStand(): void
}

/** Events of a job asked for again: those after one number, up to what there is when it is asked. */
type Replay = { onMessage(message: Message): void; after: number; last: number | null }

export type Link = {
  kind: 'idle' | 'connecting' | 'live' | 'lost'
  /** Tries in a row that came to nothing. */
  failures: number
  /** When the next try is, by the clock of this browser; null while one is under way. */
  retryAt: number | null
}

const OPEN_LIMIT_MS = 10_000
const QUIET_MS = 20_000
const ANSWER_LIMIT_MS = 6_000
/** A short loss is nobody's concern. */
const LOST_AFTER_MS = 3_000

/** The session or key of this socket has ended. */
const CREDENTIAL_ENDED = 4401

function createConnection() {
  const listeners = new Map<string, Set<Listener>>()
  const replays = new Map<string, Replay>()
  const watchers = new Set<() => void>()
  let socket: WebSocket | null = null
  let opened = false
  let link: Link = { kind: 'idle', failures: 0, retryAt: null }
  let timer: ReturnType<typeof setTimeout> | undefined
  let lostTimer: ReturnType<typeof setTimeout> | undefined
  let messageId = 0

  const setLink = (change: Partial<Link>): void => {
    link = { ...link, ...change }
    for (const watcher of watchers) watcher()
  }

  const send = (message: object): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
  }
  const subscribe = (channel: string, more: { after?: number } = {}): void => {
    messageId += 1
    send({ type: 'subscribe', id: `s${messageId}`, channel, ...more })
  }
  const unsubscribe = (channel: string): void => {
    messageId += 1
    send({ type: 'unsubscribe', id: `u${messageId}`, channel })
  }

  const quiet = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      send({ type: 'ping' })
      timer = setTimeout(() => lose(0), ANSWER_LIMIT_MS)
    }, QUIET_MS)
  }

  /** A handshake that is refused says nothing of why: whether the session has ended is asked the other way. */
  const askWhoIsHere = (): void => {
    ask((api, signal) => api.GET('/v1/auth/whoami', { signal })).catch(() => {})
  }

  function lose(code: number): void {
    clearTimeout(timer)
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null
      // Not waited for: on a dead line the closing handshake takes as long as the line.
      socket.close()
      socket = null
    }
    replays.clear()
    if (listeners.size === 0) {
      clearTimeout(lostTimer)
      lostTimer = undefined
      setLink({ kind: 'idle', failures: 0, retryAt: null })
      return
    }
    if (code === CREDENTIAL_ENDED || !opened) askWhoIsHere()
    lostTimer ??= setTimeout(() => setLink({ kind: 'lost' }), LOST_AFTER_MS)
    const failures = link.failures + 1
    const wait = waitMs(failures, code, Math.random())
    timer = setTimeout(open, wait)
    setLink({
      kind: link.kind === 'lost' ? 'lost' : 'connecting',
      failures,
      retryAt: Date.now() + wait,
    })
  }

  function open(): void {
    clearTimeout(timer)
    if (socket || listeners.size === 0) return
    const url = new URL('/v1/ws', location.href)
    url.protocol = url.protocol.replace('http', 'ws')
    opened = false
    socket = new WebSocket(url, ['framecast.v1'])
    setLink({ kind: link.kind === 'idle' ? 'connecting' : link.kind, retryAt: null })
    timer = setTimeout(() => lose(0), OPEN_LIMIT_MS)
    socket.onopen = () => {
      opened = true
      quiet()
      for (const channel of listeners.keys()) subscribe(channel)
    }
    socket.onclose = (event) => lose(event.code)
    socket.onmessage = ({ data }) => {
      quiet()
      take(JSON.parse(String(data)) as Message)
    }
  }

  function take(message: Message): void {
    const channel = message.channel ?? ''
    const replay = replays.get(channel)
    if (replay) takeReplayed(channel, replay, message)
    else if (message.type === 'ack') {
      if (message.subscribed !== true || !listeners.has(channel)) return
      clearTimeout(lostTimer)
      lostTimer = undefined
      if (link.kind !== 'live') setLink({ kind: 'live', failures: 0, retryAt: null })
      for (const listener of listeners.get(channel) ?? []) listener.onStand()
    } else for (const listener of listeners.get(channel) ?? []) listener.onMessage(message)
  }

  function takeReplayed(channel: string, replay: Replay, message: Message): void {
    let at = replay.after
    if (message.type === 'ack') replay.last = Number(message.last_sequence ?? 0)
    else {
      replay.onMessage(message)
      if (message.type === 'event') at = Number(message.sequence)
    }
    const isThrough = message.type === 'error' || (replay.last !== null && at >= replay.last)
    if (!isThrough) return
    replays.delete(channel)
    unsubscribe(channel)
  }

  const hurry = (): void => {
    if (!socket) open()
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
        if (link.kind === 'live') listener.onStand()
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
        unsubscribe(channel)
      }
    },
    /**
     * Asks for the events of a job after number `after`, which come as they would on a channel; then no more. An error
     * (`GONE`: they are not kept any more) comes the same way. Nothing while the socket is away: ask again when it stands.
     */
    replay(jobId: string, after: number, onMessage: (message: Message) => void): void {
      const channel = `job:${jobId}`
      if (link.kind !== 'live' || replays.has(channel)) return
      replays.set(channel, { onMessage, after, last: null })
      subscribe(channel, { after })
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

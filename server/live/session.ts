/**
 * One WebSocket connection: its subscriptions, its messages, and the way out when it is too slow, too loud, silent or
 * no longer allowed. Transport and credentials are given; see websocket.ts for the handshake.
 */
import type { WebSocket } from 'ws'
import type { Principal } from '../../core/access/principal.ts'
import { isDatabaseUnavailable, Problem } from '../../core/platform/errors.ts'
import type { Logger } from '../../core/platform/log.ts'
import type { Authenticator } from '../credentials.ts'
import type { ServerTimings } from '../timings.ts'
import type { Channels, OpenChannel } from './channels.ts'
import type { FeedEvent } from './feed.ts'
import { createFrameBuffer, FRAME_LIMITS, type FrameLimits } from './frame-buffer.ts'
import {
  type Channel,
  type ClientMessage,
  createRateGuard,
  type ErrorCode,
  parseMessage,
} from './messages.ts'

export const CLOSE = {
  restart: 1001,
  binary: 1003,
  abuse: 1008,
  fault: 1011,
  overload: 1013,
  credentialEnded: 4401,
  silent: 4408,
} as const

export type SessionDeps = {
  channels: Channels
  authenticator: Authenticator
  log: Logger
  timings: ServerTimings
}

const MAX_CHANNELS = 50
const MAX_REPLAY = 1_000
/** Bytes handed to the socket ahead of its reader; the rest waits in our own buffer, where it can be thinned out. */
const SOCKET_AHEAD_BYTES = 64 * 1024
/** A replay goes on while no more than this is waiting, so that it never crowds out live events. */
const REPLAY_ROOM: FrameLimits = { frames: FRAME_LIMITS.frames / 4, bytes: FRAME_LIMITS.bytes / 4 }
/** Messages that may wait for earlier ones to be answered. */
const MAX_PENDING = 64
/** How long the goodbye of a closed socket is waited for. */
const GOODBYE_MS = 2_000

type Subscription = { name: string; target: Channel; stop: AbortController }

/** `payload` is JSON already; everything else is quoted here. Parsing it again for each viewer would cost most of the time. */
const eventText = (channel: string, event: FeedEvent): string =>
  `{"type":"event","channel":${JSON.stringify(channel)},"job_id":"${event.jobId}","sequence":${event.sequence},` +
  `"position":${event.position},"event_type":"${event.eventType}","payload":${event.payload},"created_at":"${event.createdAt}"}`

const keyOf = ({ kind, id }: Channel): string => `${kind}:${id}`

/** Lets go of a channel that could not be looked at, and goes on failing. */
const closing =
  (opened: OpenChannel) =>
  (error: unknown): never => {
    opened.close()
    throw error
  }

export type Session = {
  /** Says goodbye with a code and sees to it that the socket ends. */
  close(code: number, reason: string): void
}

export function runSession(socket: WebSocket, admitted: Principal, deps: SessionDeps): Session {
  const { channels, authenticator, log, timings } = deps
  let principal = admitted
  const buffer = createFrameBuffer()
  const rate = createRateGuard()
  const subscriptions = new Map<string, Subscription>()
  let roomWakers: (() => void)[] = []
  let closed = false
  let pending = 0
  let messages: Promise<void> = Promise.resolve()

  function close(code: number, reason: string): void {
    if (closed) return
    end()
    socket.close(code, reason)
    // A reader that reads nothing never answers the goodbye either.
    setTimeout(() => socket.terminate(), GOODBYE_MS).unref()
  }

  /** Lets go of everything this connection holds. */
  function end(): void {
    closed = true
    clearInterval(heartbeat)
    clearTimeout(silence)
    clearInterval(recheck)
    for (const { stop } of subscriptions.values()) stop.abort()
    subscriptions.clear()
    wakeReplays()
  }

  const hasReplayRoom = (): boolean => buffer.size < REPLAY_ROOM.frames && buffer.bytes < REPLAY_ROOM.bytes

  function wakeReplays(): void {
    const wakers = roomWakers
    roomWakers = []
    for (const wake of wakers) wake()
  }

  function flush(): void {
    while (!closed && socket.bufferedAmount < SOCKET_AHEAD_BYTES) {
      const text = buffer.shift()
      if (text === undefined) break
      socket.send(text, flush)
    }
    if (hasReplayRoom()) wakeReplays()
  }

  function send(text: string, progressOf: string | null = null): void {
    if (closed) return
    if (buffer.push({ text, progressOf })) flush()
    else close(CLOSE.overload, 'too slow')
  }

  const sendObject = (message: object): void => send(JSON.stringify(message))
  const sendError = (id: string | null, code: ErrorCode, message: string, channel?: string): void =>
    sendObject({
      type: 'error',
      ...(id === null ? {} : { id }),
      code,
      message,
      ...(channel ? { channel } : {}),
    })

  async function follow(
    channel: string,
    opened: OpenChannel,
    after: number,
    signal: AbortSignal,
  ): Promise<void> {
    for await (const batch of opened.events(after, signal)) {
      for (const event of batch) {
        while (event[opened.cursor] <= opened.last && !hasReplayRoom() && !signal.aborted)
          await new Promise<void>((resolve) => roomWakers.push(resolve))
        if (signal.aborted) return
        send(eventText(channel, event), event.eventType === 'progress' ? channel : null)
      }
    }
  }

  function unsubscribe(key: string): boolean {
    const held = subscriptions.get(key)
    held?.stop.abort()
    return subscriptions.delete(key)
  }

  /** Whether the caller may follow a channel, by the rights of now: a team that was joined a moment ago counts. */
  async function requireAccess(target: Channel): Promise<void> {
    try {
      await channels.requireAccess(principal, target)
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'NOT_FOUND')) throw error
      principal = (await authenticator.reload(principal)) ?? principal
      await channels.requireAccess(principal, target)
    }
  }

  async function subscribe({ id, channel, target, after }: Extract<ClientMessage, { type: 'subscribe' }>) {
    const key = keyOf(target)
    await requireAccess(target)
    // Again the same channel: it starts anew from `after`.
    unsubscribe(key)
    if (subscriptions.size >= MAX_CHANNELS)
      return sendError(id, 'TOO_MANY_SUBSCRIPTIONS', `a socket carries ${MAX_CHANNELS} channels`, channel)
    const opened = await channels.open(principal, target)
    const isPossible =
      closed || after === null || (await opened.canReplay(after, MAX_REPLAY).catch(closing(opened)))
    if (closed) return opened.close()
    if (!isPossible) {
      opened.close()
      return sendError(
        id,
        'GONE',
        `these events cannot be replayed; read the ${target.kind}, then subscribe again`,
        channel,
      )
    }
    const stop = new AbortController()
    subscriptions.set(key, { name: channel, target, stop })
    const last = target.kind === 'job' ? { last_sequence: opened.last } : { last_position: opened.last }
    sendObject({ type: 'ack', id, channel, subscribed: true, ...last })
    opened.listen(({ type, ...note }) => sendObject({ type, channel, ...note }))
    follow(channel, opened, after ?? opened.last, stop.signal)
      .catch((error) => {
        log.error({ err: error }, 'a subscription failed')
        close(CLOSE.fault, 'fault')
      })
      .finally(() => {
        opened.close()
        if (subscriptions.get(key)?.stop === stop) subscriptions.delete(key)
      })
  }

  async function answer(message: ClientMessage): Promise<void> {
    if (closed) return
    try {
      switch (message.type) {
        case 'ping':
          return sendObject({
            type: 'pong',
            ...(message.id === null ? {} : { id: message.id }),
            time: new Date().toISOString(),
          })
        case 'unsubscribe':
          unsubscribe(keyOf(message.target))
          return sendObject({
            type: 'ack',
            id: message.id,
            channel: message.channel,
            subscribed: false,
            ...(message.target.kind === 'job' ? { last_sequence: null } : { last_position: null }),
          })
        case 'subscribe':
          return await subscribe(message)
      }
    } catch (error) {
      if (message.type === 'subscribe' && error instanceof Problem) {
        const { id, channel, target } = message
        if (error.code === 'NOT_FOUND') return sendError(id, 'NOT_FOUND', `no such ${target.kind}`, channel)
        if (error.code === 'AUTHORIZATION_ERROR') return sendError(id, 'FORBIDDEN', error.message, channel)
      }
      // The client comes back by itself and asks again; guessing here what it missed would be worse.
      if (isDatabaseUnavailable(error)) return close(CLOSE.overload, 'database unavailable')
      log.error({ err: error }, 'a message failed')
      close(CLOSE.fault, 'fault')
    }
  }

  function receive(text: string): void {
    const verdict = rate.take(performance.now())
    const parsed = parseMessage(text)
    const id = 'message' in parsed ? parsed.message.id : parsed.id
    if (verdict === 'abuse') close(CLOSE.abuse, 'too many messages')
    else if (verdict === 'refused' || pending >= MAX_PENDING)
      sendError(id, 'RATE_LIMITED', 'at most 20 messages a second')
    else if ('problem' in parsed) sendError(parsed.id, 'BAD_MESSAGE', parsed.problem)
    else enqueue(parsed.message)
  }

  /** One after the other: the answers come in the order of the questions. */
  function enqueue(message: ClientMessage): void {
    pending += 1
    messages = messages
      .then(() => answer(message))
      .finally(() => {
        pending -= 1
      })
  }

  async function checkAccess(): Promise<void> {
    try {
      const reloaded = await authenticator.reload(principal)
      if (!reloaded) return close(CLOSE.credentialEnded, 'credential ended')
      principal = reloaded
      for (const [key, { name, target }] of subscriptions) {
        const isReachable = await channels.requireAccess(principal, target).then(
          () => true,
          (error) => {
            if (error instanceof Problem && error.status < 500) return false
            throw error
          },
        )
        if (!isReachable && unsubscribe(key))
          sendError(null, 'FORBIDDEN', `this ${target.kind} is out of reach now`, name)
      }
    } catch (error) {
      // While the database is away nobody's rights have changed as far as anyone can tell.
      log.warn({ err: error }, 'credentials cannot be checked right now')
    }
  }

  const silence = setTimeout(() => close(CLOSE.silent, 'silent'), timings.wsSilenceMs)
  const heard = (): void => {
    if (!closed) silence.refresh()
  }
  const heartbeat = setInterval(() => socket.ping(), timings.wsPingMs)
  const recheck = setInterval(() => void checkAccess(), timings.recheckMs)

  socket.on('pong', heard)
  socket.on('ping', heard)
  socket.on('message', (data, isBinary) => {
    heard()
    if (closed) return
    if (isBinary) close(CLOSE.binary, 'text frames only')
    else receive(String(data))
  })
  // Protocol violations and frames that are too big: ws answers with the right code by itself.
  socket.on('error', () => {})
  socket.on('close', end)

  return { close }
}

/** What WebSocket clients may say, and how often. Pure. */
import { isUuid } from '../../core/platform/ids.ts'

/** `engines` is one for all, and has no id. */
export type Channel = { kind: 'job' | 'project' | 'team' | 'engines'; id: string }

export type ClientMessage =
  | { type: 'subscribe'; id: string; channel: string; target: Channel; after: number | null }
  | { type: 'unsubscribe'; id: string; channel: string; target: Channel }
  | { type: 'ping'; id: string | null }

export type ErrorCode =
  | 'BAD_MESSAGE'
  | 'NOT_FOUND'
  | 'FORBIDDEN'
  | 'GONE'
  | 'TOO_MANY_SUBSCRIPTIONS'
  | 'RATE_LIMITED'

export type Parsed = { message: ClientMessage } | { problem: string; id: string | null }

/** `job:<uuid>`, `project:<uuid>`, `team:<uuid>` or `engines`; null for anything else. */
export function parseChannel(text: unknown): Channel | null {
  if (typeof text !== 'string') return null
  if (text === 'engines') return { kind: 'engines', id: '' }
  const [kind = '', id = '', ...more] = text.split(':')
  if (more.length > 0 || !['job', 'project', 'team'].includes(kind) || !isUuid(id)) return null
  return { kind: kind as Channel['kind'], id: id.toLowerCase() }
}

const isMessageId = (id: unknown): id is string =>
  typeof id === 'string' && id.length > 0 && [...id].length <= 64

/** Reads one text frame. The client's `id` is kept even when the rest is wrong, so that it learns which was refused. */
export function parseMessage(text: string): Parsed {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch {
    return { problem: 'a message must be one JSON object', id: null }
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    return { problem: 'a message must be one JSON object', id: null }
  const { type, id, channel, after } = raw as Record<string, unknown>
  const echo = isMessageId(id) ? id : null
  const refuse = (problem: string): Parsed => ({ problem, id: echo })
  if (type !== 'subscribe' && type !== 'unsubscribe' && type !== 'ping')
    return refuse('type must be subscribe, unsubscribe or ping')
  if (type === 'ping') {
    if (id !== undefined && echo === null) return refuse('id must be a text of 1 to 64 characters')
    return { message: { type, id: echo } }
  }
  if (echo === null) return refuse('id must be a text of 1 to 64 characters')
  const target = parseChannel(channel)
  if (!target) return refuse('channel must be job:<id>, project:<id>, team:<id> or engines')
  const name = channel as string
  if (type === 'unsubscribe') return { message: { type, id: echo, channel: name, target } }
  if (after !== undefined && after !== null && !(Number.isSafeInteger(after) && (after as number) >= 0))
    return refuse('after must be a whole number, 0 or more')
  return { message: { type, id: echo, channel: name, target, after: (after as number | undefined) ?? null } }
}

export type RateLimits = { perSecond: number; refused: number; refusedWindowMs: number }
export const RATE_LIMITS: RateLimits = { perSecond: 20, refused: 100, refusedWindowMs: 10_000 }

export type RateGuard = {
  /** Counts a message at `nowMs` (monotonic). `abuse`: so many were refused lately that the socket has to go. */
  take(nowMs: number): 'ok' | 'refused' | 'abuse'
}

/** At most so many messages within any second. */
export function createRateGuard(limits: RateLimits = RATE_LIMITS): RateGuard {
  let taken: number[] = []
  let refusals: number[] = []
  return {
    take(nowMs) {
      taken = taken.filter((at) => nowMs - at < 1_000)
      if (taken.length < limits.perSecond) {
        taken.push(nowMs)
        return 'ok'
      }
      refusals = refusals.filter((at) => nowMs - at < limits.refusedWindowMs)
      refusals.push(nowMs)
      return refusals.length > limits.refused ? 'abuse' : 'refused'
    },
  }
}

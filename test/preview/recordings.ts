import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'comfyui-traces')

export type Exchange = {
  kind: 'http'
  request: { method: string; path: string; json?: any; raw?: string; form?: Record<string, string> }
  response: {
    status: number
    headers: Record<string, string>
    json?: any
    text?: string
    body_bytes?: number
  }
}
export type Heard = { kind: 'ws-recv'; socket: string; json: { type: string; data: Record<string, any> } }
export type RecordedEvent =
  | Exchange
  | Heard
  | { kind: 'note'; text: string }
  | { kind: string; [key: string]: any }

export const recording = (name: string): RecordedEvent[] =>
  JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')).events

export const exchanges = (events: RecordedEvent[]): Exchange[] =>
  events.filter((event): event is Exchange => event.kind === 'http')

/** Text frames of one socket, in order. */
export const heard = (events: RecordedEvent[], socket = 'A'): Heard['json'][] =>
  events
    .filter((event): event is Heard => event.kind === 'ws-recv' && event.socket === socket)
    .map(({ json }) => json)

/**
 * A value with everything that differs from run to run made alike: ids by order of appearance, times, priorities,
 * the counter in file names, and the traceback, which holds the other server's source lines.
 */
export function normalised(value: unknown, ids = new Map<string, string>()): unknown {
  const walk = (item: unknown, key: string): unknown => {
    if (Array.isArray(item)) {
      if (key === 'traceback') return ['…']
      const queued = item.length === 5 && typeof item[0] === 'number' && typeof item[1] === 'string'
      return item.map((part, i) => (queued && i === 0 ? 0 : walk(part, key)))
    }
    if (item !== null && typeof item === 'object') {
      return Object.fromEntries(
        Object.entries(item).map(([name, part]) => [walk(name, ''), walk(part, name)]),
      )
    }
    if (typeof item === 'number') return /timestamp|time$|^number$|^priority$/.test(key) ? 0 : item
    if (typeof item !== 'string') return item
    if (/^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/.test(item)) {
      if (!ids.has(item)) ids.set(item, `id-${ids.size}`)
      return ids.get(item)
    }
    return item.replace(/_\d{5}_\./, '_00000_.')
  }
  return walk(value, '')
}

/** Writing a job's events, and listening to them, for the tests of both streams. */
import type pg from 'pg'
import WebSocket from 'ws'
import { appendEvent } from '../../core/jobs/events.ts'
import { cancelJob } from '../../core/jobs/transitions.ts'
import type { JobEventType } from '../../core/jobs/types.ts'
import { transaction } from '../../core/platform/database.ts'
import { buildJob, person } from '../support/builders.ts'
import type { Studio } from '../support/studio.ts'

export const write = (
  pool: pg.Pool,
  job: string,
  type: JobEventType = 'progress',
  payload: object = { percent: 1 },
) => transaction(pool, (client) => appendEvent(client, job, type, payload))

/** `count` progress events in one transaction. */
export const writeMany = (pool: pg.Pool, job: string, count: number, payload: object = { percent: 1 }) =>
  transaction(pool, async (client) => {
    for (let n = 0; n < count; n += 1) await appendEvent(client, job, 'progress', payload)
  })

export const cancel = (pool: pg.Pool, job: string, by: string) =>
  transaction(pool, (client) => cancelJob(client, job, by))

/** A queued job of the studio's user. Older ones are ended first: a user may have five active jobs. */
export async function newJob(studio: Studio): Promise<string> {
  const { rows } = await studio.pool.query<{ id: string }>(
    `select id from jobs where triggered_by = $1 and status = 'queued' order by created_at desc, id desc offset 3`,
    [studio.userId],
  )
  for (const { id } of rows) await cancel(studio.pool, id, studio.userId)
  return buildJob(studio.pool, person(studio.userId))
}

/** Stored events up to `sequence` are gone, as after a week. */
export const expire = (pool: pg.Pool, job: string, sequence: number) =>
  pool.query('delete from job_events where job_id = $1 and sequence <= $2', [job, sequence])

export type Message = { type: string; [key: string]: unknown }

/** A client that keeps what it gets and can wait for it. */
export class Client {
  readonly messages: Message[] = []
  readonly socket: WebSocket
  closed: { code: number; reason: string } | null = null
  #wakers = new Set<() => void>()

  constructor(url: string, protocols: string[] = [], options: WebSocket.ClientOptions = {}) {
    this.socket = new WebSocket(url, protocols, options)
    this.socket.on('message', (data) => {
      this.messages.push(JSON.parse(String(data)))
      this.#wake()
    })
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) }
      this.#wake()
    })
    this.socket.on('error', () => {})
  }

  #wake(): void {
    for (const wake of this.#wakers) wake()
  }

  /** Resolves with the first value of `look` that is not null or undefined. */
  async wait<T>(look: () => T | null | undefined, what: string, limitMs = 10_000): Promise<T> {
    const startedAt = performance.now()
    for (;;) {
      const found = look()
      if (found !== null && found !== undefined) return found
      const leftMs = limitMs - (performance.now() - startedAt)
      if (leftMs <= 0)
        throw new Error(
          `waited for ${what}; closed: ${JSON.stringify(this.closed)}; got ${JSON.stringify(this.messages.slice(-5))}`,
        )
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer)
          this.#wakers.delete(done)
          resolve()
        }
        const timer = setTimeout(done, leftMs)
        this.#wakers.add(done)
      })
    }
  }

  async opened(): Promise<this> {
    if (this.socket.readyState !== WebSocket.OPEN) {
      await new Promise<void>((resolve, reject) => {
        this.socket.once('open', resolve)
        this.socket.once('error', reject)
      })
    }
    return this
  }

  say(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** Sends and waits for the answer with the same id. */
  async ask(message: Message & { id: string }): Promise<Message> {
    const before = this.messages.length
    this.say(message)
    return this.wait(
      () => this.messages.slice(before).find((answer) => answer.id === message.id),
      `an answer to ${JSON.stringify(message)}`,
    )
  }

  subscribe(job: string, after?: number): Promise<Message> {
    return this.follow(`job:${job}`, after)
  }

  follow(channel: string, after?: number): Promise<Message> {
    return this.ask({
      type: 'subscribe',
      id: `s-${this.messages.length}`,
      channel,
      ...(after === undefined ? {} : { after }),
    })
  }

  /** Events of a channel, as they came. */
  eventsOf(channel: string): Message[] {
    return this.messages.filter((message) => message.type === 'event' && message.channel === channel)
  }

  /** Sequences of the events of a job, as they came. */
  sequences(job: string): number[] {
    return this.messages
      .filter((message) => message.type === 'event' && message.job_id === job)
      .map((message) => Number(message.sequence))
  }

  /** Resolves once the job's event `sequence` is here. */
  async got(job: string, sequence: number, limitMs?: number): Promise<Message> {
    return this.wait(
      () =>
        this.messages.find(
          (message) => message.type === 'event' && message.job_id === job && message.sequence === sequence,
        ),
      `event ${sequence}`,
      limitMs,
    )
  }

  async end(limitMs?: number): Promise<{ code: number; reason: string }> {
    return this.wait(() => this.closed, 'the end of the socket', limitMs)
  }
}

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n)

/** A client with the studio's key, open. */
export function connect(
  t: { teardown(work: () => void): unknown },
  studio: Studio,
  options: { protocols?: string[]; headers?: Record<string, string>; query?: string } = {},
): Client {
  const {
    protocols = ['framecast.v1'],
    headers = { authorization: `Bearer ${studio.key}` },
    query = '',
  } = options
  const client = new Client(`${studio.url.replace('http', 'ws')}/v1/ws${query}`, protocols, {
    headers,
    handshakeTimeout: 10_000,
  })
  t.teardown(() => client.socket.terminate())
  return client
}

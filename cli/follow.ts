/**
 * Following a job to its end: by server-sent events, resumed where they broke off, by polling where a stream cannot be
 * had, through restarts of the server. The events are the news; the job itself, read again at the end, is the truth.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Api, ApiError, isTerminal, type Job, networkFault, readJob } from './api.ts'
import { CliError, EXIT } from './exit.ts'
import { createSseParser } from './sse.ts'

export type JobEvent = { sequence: number; type: string; payload: Record<string, unknown> }
export type Connection = 'live' | 'polling' | 'reconnecting'

export type FollowUpdate =
  | { kind: 'job'; job: Job }
  | { kind: 'event'; event: JobEvent }
  | { kind: 'connection'; connection: Connection }

export type FollowOptions = {
  signal: AbortSignal
  onUpdate(update: FollowUpdate): void
  /** Give up when the server has not answered for this long. */
  giveUpMs?: number
  /** A stream without a byte for this long is dead; the server says something every 15 s. */
  silenceMs?: number
  pollMs?: number
  /** How long to poll before trying to stream again. */
  pollForMs?: number
  /** First wait before reconnecting; doubles up to 5 s. */
  reconnectMs?: number
}

type StreamEnd = 'terminal' | 'cut' | 'gone' | 'unavailable'

const TERMINAL_EVENTS = new Set(['completed', 'failed', 'canceled'])
const NEVER = new Set([400, 401, 403, 404])

/**
 * Resolves with the finished job.
 * @throws {ApiError} when the job may not be read or is gone
 * @throws {CliError} unreachable, when the server stays away for `giveUpMs`
 */
export async function followJob(api: Api, jobId: string, options: FollowOptions): Promise<Job> {
  const { signal, onUpdate, giveUpMs = 600_000, silenceMs = 45_000, pollMs = 1_000 } = options
  const { pollForMs = 30_000, reconnectMs = 500 } = options
  let lastSequence = 0
  let heardAt = performance.now()
  let connection: Connection | null = null

  const heard = () => {
    heardAt = performance.now()
  }
  const setConnection = (next: Connection) => {
    if (next !== connection) onUpdate({ kind: 'connection', connection: next })
    connection = next
  }

  /** The job, or null when the server does not answer just now. */
  async function look(): Promise<Job | null> {
    try {
      const job = await readJob(api, jobId, { signal })
      heard()
      onUpdate({ kind: 'job', job })
      return job
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof ApiError && NEVER.has(error.status)) throw error
      return null
    }
  }

  /** One connection, until it ends. */
  async function stream(): Promise<StreamEnd> {
    const controller = new AbortController()
    const watchdog = setTimeout(() => controller.abort(new Error('silent')), silenceMs)
    try {
      const response = await api.open(
        `/v1/jobs/${jobId}/events`,
        {
          accept: 'text/event-stream',
          ...(lastSequence > 0 ? { 'last-event-id': `${jobId}:${lastSequence}` } : {}),
        },
        AbortSignal.any([signal, controller.signal]),
      )
      if (response.status === 410) return 'gone'
      if (NEVER.has(response.status)) throw await refusal(response)
      if (!response.ok || !response.body || !response.headers.get('content-type')?.includes('event-stream')) {
        await response.body?.cancel()
        return response.status === 503 ? 'cut' : 'unavailable'
      }
      setConnection('live')
      heard()
      const parser = createSseParser()
      const decoder = new TextDecoder()
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        watchdog.refresh()
        heard()
        for (const message of parser.push(decoder.decode(chunk, { stream: true }))) {
          const sequence = Number(message.id.slice(message.id.lastIndexOf(':') + 1))
          if (!Number.isInteger(sequence) || sequence <= lastSequence) continue // delivered at least once
          lastSequence = sequence
          onUpdate({
            kind: 'event',
            event: { sequence, type: message.event, payload: readPayload(message.data) },
          })
          if (TERMINAL_EVENTS.has(message.event)) return 'terminal'
        }
      }
      return 'cut'
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof ApiError) throw error
      return 'cut'
    } finally {
      clearTimeout(watchdog)
      controller.abort()
    }
  }

  /** Looks at the job once a `pollMs`; the finished job, or null when it is time to try a stream again. */
  async function poll(): Promise<Job | null> {
    const until = performance.now() + pollForMs
    while (performance.now() < until) {
      const job = await look()
      if (job) setConnection('polling')
      if (job && isTerminal(job.status)) return job
      if (!job) return null
      await sleep(pollMs, undefined, { signal })
    }
    return null
  }

  const first = await look()
  if (first && isTerminal(first.status)) return first
  for (let failures = 0; ; ) {
    const contactBefore = heardAt
    const end = await stream()
    if (end === 'gone') lastSequence = 0 // what was missed is no longer stored: take what there is, the job says the rest
    if (end === 'unavailable') {
      const finished = await poll()
      if (finished) return finished
    }
    const job = await look()
    if (job && isTerminal(job.status)) return job
    if (!job) setConnection('reconnecting')
    if (performance.now() - heardAt > giveUpMs) {
      throw new CliError(
        EXIT.unreachable,
        `The server at ${api.baseUrl} has been away for ${Math.round(giveUpMs / 60_000)} minutes.`,
        `The job goes on without us. Watch it again with: framecast watch ${jobId}`,
      )
    }
    failures = heardAt > contactBefore && job ? 1 : failures + 1
    const waitMs = Math.min(reconnectMs * 2 ** (failures - 1), 5_000)
    await sleep(waitMs * (0.5 + Math.random() / 2), undefined, { signal })
  }
}

function readPayload(data: string): Record<string, unknown> {
  try {
    const payload: unknown = JSON.parse(data)
    return typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

async function refusal(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as { error: { code: string; message: string } }
    return new ApiError(response.status, error.code, error.message, null)
  } catch (error) {
    return new ApiError(response.status, 'UNKNOWN', networkFault(error), null)
  }
}

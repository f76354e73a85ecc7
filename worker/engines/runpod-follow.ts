/** Following a job on RunPod to its end: asked from time to time, sooner when it is reported. */
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from './engine.ts'
import { type RunpodClient, RunpodRequestError } from './runpod-client.ts'
import { type RunpodReading, readHealth, readStatus, troubleOf } from './runpod-status.ts'

export type FollowTimings = {
  /** Between two questions: at first, and at most. */
  pollMs: number
  maxPollMs: number
  /** Without a usable answer for so long, the engine counts as away. */
  unreachableMs: number
  /** Waiting longer than this without being taken up, the endpoint's workers are looked at, no more often than `healthMs`. */
  queuedMs: number
  healthMs: number
}

export const FOLLOW_TIMINGS: FollowTimings = {
  pollMs: 2_000,
  maxPollMs: 15_000,
  unreachableMs: 60_000,
  queuedMs: 60_000,
  healthMs: 60_000,
}

/** A job that is not there may be one that a lagging copy has not heard of yet. */
const MISSES = 3

export type Ending =
  | Extract<RunpodReading, { kind: 'done' | 'failed' }>
  /** Status knows no such job any more; `seenRunning`: it did before. */
  | { kind: 'gone' }

export type FollowOptions = {
  client: RunpodClient
  id: string
  timings: FollowTimings
  /** Resolves when the job was reported, or the signal aborts. */
  reported(signal: AbortSignal): Promise<void>
  onState(state: 'waiting' | 'running', note: string | null): void
  onTrouble(text: string): void
}

/** Up to a fifth more, so that many followers do not ask in step. */
const jittered = (ms: number): number => ms * (1 + Math.random() / 5)

/**
 * @throws {EngineError} `engine_unreachable` when nobody answers for long, `engine_rejected` for a wrong key
 */
export async function follow(options: FollowOptions, signal: AbortSignal): Promise<Ending> {
  const { client, id, timings, onState, onTrouble } = options
  const startedAt = performance.now()
  let waitMs = timings.pollMs
  let answeredAt = startedAt
  let lookedAt = startedAt - timings.healthMs
  let misses = 0
  let note: string | null = null

  /** Why nobody takes the job up, from time to time. */
  async function lookAround(): Promise<void> {
    const now = performance.now()
    if (now - startedAt < timings.queuedMs || now - lookedAt < timings.healthMs) return
    lookedAt = now
    const health = await client.health(signal).catch(() => null)
    signal.throwIfAborted()
    note = health === null ? null : troubleOf(readHealth(health))
    if (note) onTrouble(note)
  }

  for (;;) {
    try {
      const reading = readStatus(await client.status(id, signal))
      answeredAt = performance.now()
      misses = 0
      if (reading.kind === 'done' || reading.kind === 'failed') return reading
      if (reading.kind === 'waiting') await lookAround()
      onState(reading.kind, reading.kind === 'waiting' ? note : null)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof RunpodRequestError)) throw error
      if (error.fault === 'not_found') {
        answeredAt = performance.now()
        misses += 1
        if (misses >= MISSES) return { kind: 'gone' }
      } else if (error.fault === 'unauthorised' || error.fault === 'refused')
        throw new EngineError('engine_rejected', `${error.message}.`, { retryable: false, cause: error })
      else if (performance.now() - answeredAt > timings.unreachableMs)
        throw new EngineError('engine_unreachable', `${error.message}.`, { retryable: true, cause: error })
      if (error.fault === 'rate_limited') waitMs = Math.max(waitMs, error.retryAfterMs ?? timings.maxPollMs)
    }
    const woken = new AbortController()
    const either = AbortSignal.any([signal, woken.signal])
    try {
      await Promise.race([sleep(jittered(waitMs), undefined, { signal: either }), options.reported(either)])
    } finally {
      woken.abort()
    }
    signal.throwIfAborted()
    waitMs = Math.min(Math.max(waitMs, timings.pollMs) * 1.5, timings.maxPollMs)
  }
}

/** What a failure of a step means: whether to try again, how soon, and what people are told. Pure. */
import type { ClaimedStep, Retry } from '../core/jobs/steps.ts'
import type { FailureType, JobError } from '../core/jobs/types.ts'
import { isDatabaseUnavailable } from '../core/platform/errors.ts'
import { ObjectStoreError } from '../core/platform/objects.ts'
import { EngineError } from './engines/engine.ts'
import { VoiceError } from './voice/engine.ts'

/** A failure that ends the job at once: nothing that comes later can help. */
export class StepFailure extends Error {
  readonly failureType: Exclude<FailureType, 'canceled'>
  readonly code: string
  /** Where to look, when the step itself is not about one scene. */
  readonly sceneId: string | null
  constructor(
    failureType: StepFailure['failureType'],
    code: string,
    message: string,
    cause?: unknown,
    sceneId: string | null = null,
  ) {
    super(message, { cause })
    this.name = 'StepFailure'
    this.failureType = failureType
    this.code = code
    this.sceneId = sceneId
  }
}

export type Verdict =
  | { kind: 'retry'; error: JobError; how: Retry }
  | { kind: 'fail'; error: JobError; failureType: Exclude<FailureType, 'canceled'> }
  /** The database is away: nothing can be recorded, the lease runs out and the sweeper takes the step back. */
  | { kind: 'leave' }

/** Engine codes that say "not there just now" rather than "tried and failed". */
const AWAY = new Set(['engine_unreachable', 'engine_lost'])

const MAX_DELAY_S = 15

/** @param attempt claims of this step so far, from 1: the wait doubles with each */
export function judge(error: unknown, step: Pick<ClaimedStep, 'kind' | 'key' | 'attempt'>): Verdict {
  const isScene = step.kind === 'scene'
  // The key of a line is its scene's with its number.
  const at = isScene
    ? { scene_id: step.key }
    : step.kind === 'voice'
      ? { scene_id: step.key.split('/')[0]! }
      : {}
  const delayS = Math.min(MAX_DELAY_S, 2 ** (step.attempt - 1))
  if (error instanceof StepFailure) {
    return {
      kind: 'fail',
      failureType: error.failureType,
      error: {
        code: error.code,
        message: error.message,
        ...at,
        ...(error.sceneId ? { scene_id: error.sceneId } : {}),
      },
    }
  }
  if (error instanceof EngineError) {
    // Whatever broke in a node, the catalogue of codes has one word for it; the message says the rest.
    const code = error.code === 'node_failed' && isScene ? 'generation_failed' : error.code
    const told: JobError = { code, message: error.message, ...at }
    if (!error.retryable) return { kind: 'fail', failureType: 'system', error: told }
    const away = AWAY.has(error.code)
    return { kind: 'retry', error: told, how: { delayS, counted: !away, forgetRemoteId: !away } }
  }
  if (error instanceof VoiceError) {
    const told: JobError = { code: error.code, message: error.message, ...at }
    if (!error.retryable) return { kind: 'fail', failureType: 'system', error: told }
    const waitS = Math.max(delayS, Math.min(MAX_DELAY_S, error.retryAfterS ?? 0))
    return { kind: 'retry', error: told, how: { delayS: waitS, counted: true, forgetRemoteId: true } }
  }
  if (error instanceof ObjectStoreError) {
    const told = { code: error.code, message: error.message, ...at }
    const counted = error.code !== 'storage_unavailable'
    return { kind: 'retry', error: told, how: { delayS, counted, forgetRemoteId: false } }
  }
  // Last of the three: errors of engine and store carry the same network errors as their cause.
  if (isDatabaseUnavailable(error)) return { kind: 'leave' }
  const code = codeOf(error)
  const message = TEXTS[code] ?? (error as Error).message.slice(0, 500)
  return {
    kind: 'retry',
    error: { code, message, ...at },
    how: { delayS, counted: true, forgetRemoteId: true },
  }
}

/** Failures whose own message is not for showing. */
const TEXTS: Record<string, string> = {
  internal: 'something unexpected went wrong; the log has the details',
  disk_full: 'the disk of the worker is full',
}

/** Errors of ours carry a code in lower case; anything else is unexpected. */
function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'disk_full'
  return typeof code === 'string' && /^[a-z]+(_[a-z]+)+$/.test(code) ? code : 'internal'
}

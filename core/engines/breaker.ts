/** When a server that keeps failing is left alone. Pure: the state is a value, time is handed in. */

/** Kept as JSON beside the server, so that all workers share it. Empty: nothing is known against it. */
export type BreakerState = {
  /** Failures of the last minute: when (ms), and of which step where the step itself may be to blame. */
  failures?: { at: number; step?: string }[]
  /** No work before this time (ms). */
  restUntil?: number
  /** How long the next rest is. */
  restMs?: number
  /** Successes since the last rest; absent while the breaker is closed. */
  successes?: number
}

export type HostFailure = {
  /** The step that failed. */
  step: string
  /** True when the server is to blame whatever it was given: it does not answer, or delivers rubbish. */
  hostAtFault: boolean
  /** A failure that costs minutes to find out: rest at once. */
  costly: boolean
}

const FAILURES = 5
const WINDOW_MS = 60_000
const REST_MS = 30_000
const LONGEST_REST_MS = 600_000
const SUCCESSES = 2

/** True while nothing is sent to it. */
export const isOpen = (state: BreakerState, nowMs: number): boolean => nowMs < (state.restUntil ?? 0)

/** True when its rest is over and it has yet to prove itself: one scene at a time. */
export const isHalfOpen = (state: BreakerState, nowMs: number): boolean =>
  state.successes !== undefined && !isOpen(state, nowMs)

/**
 * After a failure that another attempt may mend; permanent ones are never told. Opens at five within a minute, and at
 * once for a costly one or while half open. What may be the scene's own doing counts once a scene, so that one bad
 * picture that is tried again and again does not close a server to everybody.
 */
export function afterFailure(state: BreakerState, failure: HostFailure, nowMs: number): BreakerState {
  if (isOpen(state, nowMs)) return state
  const recent = (state.failures ?? []).filter(({ at }) => nowMs - at < WINDOW_MS)
  const known = !failure.hostAtFault && recent.some(({ step }) => step === failure.step)
  const failures = known
    ? recent
    : [...recent, failure.hostAtFault ? { at: nowMs } : { at: nowMs, step: failure.step }]
  const opens =
    failure.costly || (isHalfOpen(state, nowMs) && failure.hostAtFault) || failures.length >= FAILURES
  if (!opens) return { ...state, failures }
  const restMs = state.restMs ?? REST_MS
  return { restUntil: nowMs + restMs, restMs: Math.min(restMs * 2, LONGEST_REST_MS), successes: 0 }
}

/** Closes after two successes; forgets failures at once. */
export function afterSuccess(state: BreakerState): BreakerState {
  if (state.successes === undefined || state.successes + 1 >= SUCCESSES) return {}
  return { ...state, failures: [], successes: state.successes + 1 }
}

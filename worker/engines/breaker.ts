/** Rests a host that keeps failing. Pure but for its own state; time is handed in. */

export type Breaker = {
  /** True while the host should be left alone. */
  resting(nowMs: number): boolean
  failure(nowMs: number): void
  /** Opens at once, for a failure that costs minutes to find out. */
  trip(nowMs: number): void
  success(): void
}

const FAILURES = 5
const WINDOW_MS = 60_000
const REST_MS = 30_000
const LONGEST_REST_MS = 600_000
const SUCCESSES = 2

/**
 * Opens after 5 failures within 60 s, or at once on `trip`; lets work through again after 30 s, doubling up to
 * 10 min while it keeps failing; closes after 2 successes.
 */
export function createBreaker(): Breaker {
  let failuresAt: number[] = []
  let restUntil = 0
  let restMs = REST_MS
  let probation = false
  let successes = 0

  const trip = (nowMs: number): void => {
    restUntil = nowMs + restMs
    restMs = Math.min(restMs * 2, LONGEST_REST_MS)
    failuresAt = []
    probation = true
    successes = 0
  }
  return {
    resting: (nowMs) => nowMs < restUntil,
    trip,
    failure(nowMs) {
      if (probation && nowMs >= restUntil) return trip(nowMs)
      failuresAt = [...failuresAt.filter((at) => nowMs - at < WINDOW_MS), nowMs]
      if (failuresAt.length >= FAILURES) trip(nowMs)
    },
    success() {
      failuresAt = []
      if (!probation || ++successes < SUCCESSES) return
      probation = false
      restUntil = 0
      restMs = REST_MS
    },
  }
}

/**
 * The time as the object store has it. A store refuses what was signed a quarter of an hour ago or ahead, so a host whose
 * clock is wrong would be cut off from it; the answers of the store say what time it is there.
 */
export type StoreClock = {
  now(): Date
  /** Whether our own clock is too wrong to sign by. */
  readonly isOff: boolean
  /** @param date the `Date` header of an answer */
  learn(date: string | undefined): void
}

/** Headers count whole seconds, and answers take a while; nobody refuses a minute. */
const SLACK_MS = 60_000

export function createStoreClock(): StoreClock {
  let offsetMs = 0
  return {
    now: () => new Date(Date.now() + offsetMs),
    get isOff() {
      return offsetMs !== 0
    },
    learn(date) {
      const offset = Date.parse(date ?? '') - Date.now()
      if (Number.isFinite(offset)) offsetMs = Math.abs(offset) > SLACK_MS ? offset : 0
    },
  }
}

/** Where the time of a step goes, for the log. */

export type Laps = {
  /** Names the time since the last lap, or since the start. */
  lap(name: string): void
  /** Milliseconds by name, to a tenth. */
  readonly spentMs: Readonly<Record<string, number>>
}

export function startLaps(now: () => number = () => performance.now()): Laps {
  const spentMs: Record<string, number> = {}
  let lastAt = now()
  return {
    spentMs,
    lap(name) {
      const at = now()
      spentMs[name] = Math.round((at - lastAt) * 10) / 10
      lastAt = at
    },
  }
}

/** What happened when, for people who have to find out why. */
const TICK_MS = 50

export type Timeline = {
  note(text: string): void
  /** How long this very process was kept waiting for the machine, in ms: others are in the way. */
  readonly stalledMs: number
  close(): void
  readonly lines: readonly string[]
}

export function startTimeline(): Timeline {
  const startedAt = Date.now()
  const lines: string[] = []
  let stalledMs = 0
  let tickedAt = performance.now()
  const witness = setInterval(() => {
    const lateMs = performance.now() - tickedAt - TICK_MS
    if (lateMs > TICK_MS) stalledMs += lateMs
    tickedAt = performance.now()
  }, TICK_MS)
  witness.unref()
  const note = (text: string): void => {
    lines.push(`${((Date.now() - startedAt) / 1_000).toFixed(2).padStart(7)} s  ${text}`)
  }
  return {
    note,
    lines,
    get stalledMs() {
      return Math.round(stalledMs)
    },
    close: () => clearInterval(witness),
  }
}

/** What happened when, for people who have to find out why. */
export type Outage = { what: string; from: number; to: number }

const TICK_MS = 50

export type Timeline = {
  note(text: string): void
  /** Notes the beginning and the end of something that takes from the promises' premises while it lasts. */
  outage<T>(what: string, work: () => Promise<T>): Promise<T>
  readonly outages: readonly Outage[]
  /** How long this very process was kept waiting for the machine, in ms: others are in the way. */
  readonly stalledMs: number
  close(): void
  readonly lines: readonly string[]
}

export function startTimeline(): Timeline {
  const startedAt = Date.now()
  const lines: string[] = []
  const outages: Outage[] = []
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
    async outage(what, work) {
      const outage = { what, from: Date.now(), to: Number.POSITIVE_INFINITY }
      outages.push(outage)
      try {
        return await work()
      } finally {
        outage.to = Date.now()
        note(`${what} is back`)
      }
    },
    outages,
    lines,
    get stalledMs() {
      return Math.round(stalledMs)
    },
    close: () => clearInterval(witness),
  }
}

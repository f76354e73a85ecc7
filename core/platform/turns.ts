/** Turns at something costly: so many at once, so many more may wait. */

export type Turns = {
  /** Runs `work` when it is its turn. @throws what `whenFull` makes when too many wait already */
  take<T>(work: () => Promise<T>): Promise<T>
}

export function createTurns(limits: { atOnce: number; waiting: number; whenFull: () => Error }): Turns {
  const waiting: (() => void)[] = []
  let running = 0
  return {
    async take(work) {
      if (running >= limits.atOnce) {
        if (waiting.length >= limits.waiting) throw limits.whenFull()
        // Whoever is done hands its place over, so the count stays as it is.
        await new Promise<void>((resolve) => waiting.push(resolve))
      } else running += 1
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else running -= 1
      }
    },
  }
}

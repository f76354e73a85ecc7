/** So many at once, in the order in which they come. */

export type Limiter = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>

/**
 * At most `places` pieces of work at once; the others wait for a place for as long as their signal lets them.
 * @returns a function that runs `work` once there is a place; rejects with the signal's reason when it aborts before
 */
export function createLimiter(places: number): Limiter {
  let free = places
  const waiting = new Set<() => void>()

  async function enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (free > 0) {
      free -= 1
      return
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const giveUp = (): void => {
      waiting.delete(resolve)
      reject(signal.reason)
    }
    waiting.add(resolve)
    signal.addEventListener('abort', giveUp, { once: true })
    await promise.finally(() => signal.removeEventListener('abort', giveUp))
  }

  /** A place goes from hand to hand, so that nobody who comes later slips in between. */
  function leave(): void {
    const [next] = waiting
    if (!next) {
      free += 1
      return
    }
    waiting.delete(next)
    next()
  }

  return async (signal, work) => {
    await enter(signal)
    try {
      return await work()
    } finally {
      leave()
    }
  }
}

/** Waiting for something to become true: by asking, with a limit. */
import { setTimeout as sleep } from 'node:timers/promises'

export type WaitOptions = {
  /** Give up after this many ms. */
  limitMs: number
  everyMs?: number
  /** What is waited for, for the message. */
  what: string
  signal?: AbortSignal | undefined
}

/** Asks until the answer is true. A question that throws counts as a no. */
export async function waitUntil(ask: () => Promise<boolean>, options: WaitOptions): Promise<void> {
  const { limitMs, everyMs = 50, what, signal } = options
  const deadline = performance.now() + limitMs
  let last: unknown
  for (;;) {
    signal?.throwIfAborted()
    try {
      if (await ask()) return
    } catch (error) {
      last = error
    }
    if (performance.now() > deadline) {
      throw new Error(`${what} did not come up within ${Math.round(limitMs / 1_000)} s`, { cause: last })
    }
    await sleep(everyMs, undefined, { signal })
  }
}

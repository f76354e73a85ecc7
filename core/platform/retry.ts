/** Trying again: exponential back-off with full jitter, bounded in count and in time. */
import { setTimeout as sleep } from 'node:timers/promises'

export type RetryOptions = {
  /** Total time after which the last failure is thrown, in ms. */
  budgetMs: number
  signal: AbortSignal
  /** First wait, in ms; doubles up to `maxWaitMs`. */
  baseMs?: number
  maxWaitMs?: number
  /** Whether this failure may pass; default: every failure. */
  retryable?: (error: unknown) => boolean
  onRetry?: (error: unknown, attempt: number) => void
}

/** Runs `work` until it succeeds, fails for good, the budget is spent or the signal aborts. */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { budgetMs, signal, baseMs = 200, maxWaitMs = 3_000, retryable = () => true } = options
  const startedAt = performance.now()
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted()
    try {
      return await work(attempt)
    } catch (error) {
      signal.throwIfAborted()
      const waitMs = Math.random() * Math.min(maxWaitMs, baseMs * 2 ** (attempt - 1)) + baseMs / 4
      if (!retryable(error) || performance.now() - startedAt + waitMs > budgetMs) throw error
      options.onRetry?.(error, attempt)
      await sleep(waitMs, undefined, { signal })
    }
  }
}

/** Rejects with `message` when `work` takes longer than `limitMs`. The work itself is not stopped. */
export async function withDeadline<T>(work: Promise<T>, limitMs: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(Object.assign(new Error(message), { code: 'ETIMEDOUT' })), limitMs)
      }),
    ])
  } finally {
    clearTimeout(timer)
  }
}

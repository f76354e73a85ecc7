/** Runs the sweepers every few seconds. */
import type { Pool } from 'pg'
import { sweep } from '../../core/jobs/sweep.ts'
import type { Logger } from '../../core/platform/log.ts'
import { sweepDeliveries } from '../../core/webhooks/deliveries.ts'

const INTERVAL_MS = 3_000
/** A process that was frozen this long sweeps nothing in its first round: its own leases may be among the expired. */
const FROZEN_AFTER_MS = 15_000

/** @returns a function that stops it and resolves when no round is under way */
export function startSweeper(pool: Pool, jobTimeoutS: number, log: Logger): () => Promise<void> {
  let lastTickAt = performance.now()
  let underWay: Promise<void> = Promise.resolve()
  let busy = false

  async function round(): Promise<void> {
    const now = performance.now()
    const frozen = now - lastTickAt > FROZEN_AFTER_MS
    lastTickAt = now
    if (frozen) return
    const found = await sweep(pool, jobTimeoutS)
    if (found && found.requeued + found.lost + found.timedOut + found.rung > 0) log.warn(found, 'swept')
    const deliveries = await sweepDeliveries(pool)
    if (deliveries.takenBack + deliveries.rungFor > 0) log.warn(deliveries, 'swept webhook deliveries')
  }

  const timer = setInterval(() => {
    if (busy) return
    busy = true
    underWay = round()
      .catch((error: unknown) => log.warn({ err: error }, 'a sweep failed; the next one will try again'))
      .finally(() => {
        busy = false
      })
  }, INTERVAL_MS)
  return async () => {
    clearInterval(timer)
    await underWay
  }
}

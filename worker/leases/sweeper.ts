/** Runs the sweeper every few seconds, and the slow chores every hour. */
import type { Pool } from 'pg'
import { expireEvents } from '../../core/jobs/events.ts'
import { sweep } from '../../core/jobs/sweep.ts'
import { expireTickets } from '../../core/jobs/tickets.ts'
import type { Logger } from '../../core/platform/log.ts'

const INTERVAL_MS = 3_000
/** A process that was frozen this long sweeps nothing in its first round: its own leases may be among the expired. */
const FROZEN_AFTER_MS = 15_000
const CHORES_INTERVAL_MS = 3_600_000

/** @returns a function that stops it and resolves when no round is under way */
export function startSweeper(pool: Pool, jobTimeoutS: number, log: Logger): () => Promise<void> {
  let lastTickAt = performance.now()
  let lastChoresAt = 0
  let underWay: Promise<void> = Promise.resolve()
  let busy = false

  async function round(): Promise<void> {
    const now = performance.now()
    const frozen = now - lastTickAt > FROZEN_AFTER_MS
    lastTickAt = now
    if (frozen) return
    const found = await sweep(pool, jobTimeoutS)
    if (found && found.requeued + found.lost + found.timedOut + found.rung > 0) log.warn(found, 'swept')
    if (now - lastChoresAt > CHORES_INTERVAL_MS || lastChoresAt === 0) {
      lastChoresAt = now
      await expireTickets(pool)
      await expireEvents(pool)
      await pool.query(`delete from workers where last_seen_at < now() - interval '1 day'`)
    }
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

/** Slow housekeeping, each kind at its own pace: what has had its time goes, and what was counted is checked. */
import type { Pool } from 'pg'
import { expireAccountRows } from '../../core/accounts/expire.ts'
import { enqueuePurges } from '../../core/accounts/purge.ts'
import { recountStorage } from '../../core/accounts/storage.ts'
import { expireUploads } from '../../core/assets/expiry.ts'
import { checkBooks } from '../../core/invariants/check.ts'
import { evict } from '../../core/jobs/cache-eviction.ts'
import { expireEvents } from '../../core/jobs/events.ts'
import { expireTickets } from '../../core/jobs/tickets.ts'
import type { Config } from '../../core/platform/config.ts'
import type { Logger } from '../../core/platform/log.ts'
import { expireDeliveries } from '../../core/webhooks/deliveries.ts'
import { forgetOldLevels } from '../sound/levels.ts'

type Chore = {
  name: string
  everyMs: number
  run(pool: Pool, log: Logger, signal: AbortSignal): Promise<unknown>
}

type CacheLimits = Pick<Config, 'CACHE_UNUSED_DAYS' | 'CACHE_MAX_BYTES'>

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const TICK_MS = 60_000
/** Events deleted by one statement. */
const EVENT_BATCH = 5_000

/** Run at start, and then at their pace. */
const choresOf = (config: CacheLimits): readonly Chore[] => [
  {
    name: 'evict from the cache',
    everyMs: HOUR_MS,
    async run(pool, log, signal) {
      const rules = { unusedS: config.CACHE_UNUSED_DAYS * 86_400, maxBytes: config.CACHE_MAX_BYTES }
      for (const [scope, evicted] of await evict(pool, rules, { signal }))
        log.info({ scope, ...evicted }, 'evicted from the cache')
    },
  },
  { name: 'expire tickets', everyMs: HOUR_MS, run: (pool) => expireTickets(pool) },
  {
    name: 'expire events',
    everyMs: HOUR_MS,
    async run(pool, _log, signal) {
      while (!signal.aborted && (await expireEvents(pool, EVENT_BATCH)) === EVENT_BATCH);
    },
  },
  { name: 'expire sessions, keys and counters', everyMs: HOUR_MS, run: (pool) => expireAccountRows(pool) },
  { name: 'purge deleted accounts', everyMs: HOUR_MS, run: (pool) => enqueuePurges(pool) },
  { name: 'expire uploads', everyMs: HOUR_MS, run: (pool) => expireUploads(pool) },
  { name: 'expire webhook deliveries', everyMs: HOUR_MS, run: (pool) => expireDeliveries(pool) },
  {
    name: 'forget workers',
    everyMs: HOUR_MS,
    run: (pool) => pool.query(`delete from workers where last_seen_at < now() - interval '1 day'`),
  },
  {
    name: 'check the books',
    everyMs: DAY_MS,
    async run(pool, log, signal) {
      const broken = await checkBooks(pool, signal)
      for (const rule of broken ?? []) log.error(rule, 'the books do not agree')
      if (broken?.length === 0) log.debug('the books agree')
    },
  },
  { name: 'forget old levels of sounds', everyMs: DAY_MS, run: (pool) => forgetOldLevels(pool) },
  {
    name: 'recount storage',
    everyMs: DAY_MS,
    async run(pool, log, signal) {
      for (const correction of await recountStorage(pool, signal))
        log.warn(correction, 'stored bytes were miscounted')
    },
  },
]

/** @returns a function that stops it and resolves when no chore is under way */
export function startChores(pool: Pool, log: Logger, config: CacheLimits): () => Promise<void> {
  const chores = choresOf(config)
  const lastRunAt = new Map<Chore, number>()
  let underWay: Promise<void> | null = null
  const stop = new AbortController()

  async function round(): Promise<void> {
    for (const chore of chores) {
      const now = performance.now()
      if (stop.signal.aborted || now - (lastRunAt.get(chore) ?? Number.NEGATIVE_INFINITY) < chore.everyMs)
        continue
      try {
        await chore.run(pool, log, stop.signal)
        lastRunAt.set(chore, now)
      } catch (error) {
        if (!stop.signal.aborted)
          log.warn({ err: error, chore: chore.name }, 'a chore failed; it is tried again in a minute')
      }
    }
  }

  function tick(): void {
    underWay ??= round().finally(() => {
      underWay = null
    })
  }
  const timer = setInterval(tick, TICK_MS)
  tick()
  return async () => {
    stop.abort()
    clearInterval(timer)
    await underWay
  }
}

/** What is kept of the servers of an engine, shared by all workers: looks at them, and how their work went. */
import type { Pool } from 'pg'
import type { ClaimedStep } from '../jobs/steps.ts'
import { type Queryable, transaction } from '../platform/database.ts'
import { afterFailure, afterSuccess, type BreakerState, isOpen } from './breaker.ts'

/** A server as a worker's configuration names it. */
export type ConfiguredHost = { key: string; label: string; slug: string; places: number }

export type HostProbe =
  | {
      ok: true
      latencyMs: number
      version: string | null
      queueRunning: number
      queuePending: number
      vramTotalBytes: number | null
      vramFreeBytes: number | null
      ramTotalBytes: number | null
    }
  | { ok: false; error: string }

/** A server that no worker names is forgotten after this. */
const KEEP_DAYS = 1

/** Makes a server known before it was looked at. Nothing is known of its workflows: that says nothing against it. */
export async function registerHosts(
  db: Queryable,
  engine: string,
  hosts: readonly ConfiguredHost[],
): Promise<void> {
  await db.query(
    `insert into engine_hosts (engine, key, label, slug, places, workflows, checked_at)
     select $1, h.key, h.label, h.slug, h.places, '{}', 'epoch'
     from jsonb_to_recordset($2::jsonb) as h (key text, label text, slug text, places int)
     on conflict (engine, key) do update set label = excluded.label, slug = excluded.slug, places = excluded.places,
       seen_at = now()`,
    [engine, JSON.stringify(hosts)],
  )
  // What an operator said of one that comes back tomorrow is kept.
  await db.query(
    `delete from engine_hosts where engine = $1 and drained_at is null and seen_at < now() - make_interval(days => $2)`,
    [engine, KEEP_DAYS],
  )
}

export async function storeProbe(
  db: Queryable,
  engine: string,
  key: string,
  probe: HostProbe,
): Promise<void> {
  if (!probe.ok) {
    await db.query(
      `update engine_hosts set probed_at = now(), seen_at = now(), probe_failures = probe_failures + 1, last_error = $3,
         silent_since = coalesce(silent_since, now())
       where engine = $1 and key = $2`,
      [engine, key, probe.error],
    )
    return
  }
  await db.query(
    `update engine_hosts set probed_at = now(), seen_at = now(), probe_failures = 0, silent_since = null, latency_ms = $3, version = $4,
       queue_running = $5, queue_pending = $6, vram_total_bytes = $7, vram_free_bytes = $8, ram_total_bytes = $9
     where engine = $1 and key = $2`,
    [
      engine,
      key,
      probe.latencyMs,
      probe.version,
      probe.queueRunning,
      probe.queuePending,
      probe.vramTotalBytes,
      probe.vramFreeBytes,
      probe.ramTotalBytes,
    ],
  )
}

const MOST_FAILURES_SHOWN = 10

export type WorkFailure = {
  step: Pick<ClaimedStep, 'id' | 'attempt'>
  engine: string
  key: string
  message: string
  /** Nobody answered, as opposed to: was tried and failed. */
  away: boolean
  hostAtFault: boolean
  costly: boolean
  outOfMemory: boolean
}

/**
 * Notes that a scene failed on a server in a way that another attempt may mend: against the server, and in the scene's
 * row, so that the next attempt goes elsewhere.
 * @returns whether the server rests now, and did not before
 */
export async function recordFailure(pool: Pool, failure: WorkFailure): Promise<boolean> {
  const { step, engine, key, message, away, hostAtFault, costly, outOfMemory } = failure
  return transaction(pool, async (client) => {
    const { rows } = await client.query<{ breaker: BreakerState; now_ms: number }>(
      `select breaker, extract(epoch from clock_timestamp()) * 1000 as now_ms from engine_hosts
       where engine = $1 and key = $2 for update`,
      [engine, key],
    )
    const row = rows[0]
    if (!row) return false
    const nowMs = Number(row.now_ms)
    // That a scene is too large for a card is nobody's fault.
    const breaker = outOfMemory
      ? row.breaker
      : afterFailure(row.breaker, { step: step.id, hostAtFault, costly }, nowMs)
    await client.query(
      `update engine_hosts set breaker = $3, last_error = $4,
         recent_failures = (
           select jsonb_agg(f order by n) from jsonb_array_elements(
             jsonb_build_array(jsonb_build_object('at', clock_timestamp(), 'message', $4::text, 'step', $6::uuid)) || recent_failures
           ) with ordinality as e(f, n) where n <= ${MOST_FAILURES_SHOWN}),
         probe_failures = probe_failures + case when $5 then 1 else 0 end,
         silent_since = case when $5 then coalesce(silent_since, now()) else silent_since end
       where engine = $1 and key = $2`,
      [engine, key, breaker, message, away, step.id],
    )
    if (!away)
      await client.query(
        // A card that is known to be too small is left out by its size; it has done nothing wrong.
        `update job_steps set failed_hosts = case when $3 = any(failed_hosts)
             or ($5 and (select vram_total_bytes from engine_hosts where engine = $4 and key = $3) is not null)
             then failed_hosts else failed_hosts || $3 end,
           vram_above = case when $5 then greatest(vram_above, (select vram_total_bytes from engine_hosts
             where engine = $4 and key = $3)) else vram_above end
         where id = $1 and attempt = $2 and state = 'running'`,
        [step.id, step.attempt, key, engine, outOfMemory],
      )
    return !isOpen(row.breaker, nowMs) && isOpen(breaker, nowMs)
  })
}

/** Scenes that failed here and were made elsewhere, within an hour, before the server is blocked. */
const MOST_BLAMES = 3
const BLAME_WINDOW_MS = 3_600_000

/**
 * Notes that a scene was made on a server; where it failed before, that is held against those servers now. One that did
 * so three times within an hour is blocked until an operator lets it come again.
 * @returns slugs of servers that were blocked by this
 */
export async function recordSuccess(
  pool: Pool,
  { step, engine, key }: { step: Pick<ClaimedStep, 'id' | 'failedHosts'>; engine: string; key: string },
): Promise<string[]> {
  const { rows: held } = await pool.query<{ key: string; breaker: BreakerState }>(
    `select key, breaker from engine_hosts where engine = $1 and key = $2 and breaker <> '{}'`,
    [engine, key],
  )
  for (const { breaker } of held)
    await pool.query(
      `update engine_hosts set breaker = $3 where engine = $1 and key = $2 and breaker = $4::jsonb`,
      [engine, key, afterSuccess(breaker), breaker],
    )
  const { rows } = await pool.query<{ slug: string; blocked: boolean }>(
    `update engine_hosts h set blames = b.blames,
       blocked_at = case when jsonb_array_length(b.blames) >= $5 then coalesce(h.blocked_at, now()) else h.blocked_at end,
       blocked_reason = case when jsonb_array_length(b.blames) >= $5
         then jsonb_array_length(b.blames) || ' scenes that failed here within an hour were made elsewhere'
         else h.blocked_reason end
     from engine_hosts o cross join lateral (
       select coalesce(jsonb_agg(distinct e) filter (where (e ->> 'at')::numeric > extract(epoch from now()) * 1000 - $6), '[]') as blames
       from jsonb_array_elements(o.blames || jsonb_build_array(jsonb_build_object('at',
         round(extract(epoch from now()) * 1000), 'step', $4::text))) e) b
     where h.engine = $1 and o.engine = h.engine and o.key = h.key and h.key = any($3::text[]) and h.key <> $2
       and h.blocked_at is null
     returning h.slug, h.blocked_at is not null as blocked`,
    [engine, key, step.failedHosts, step.id, MOST_BLAMES, BLAME_WINDOW_MS],
  )
  return rows.filter(({ blocked }) => blocked).map(({ slug }) => slug)
}

/** Whether a server of the engine has more graphics memory than the one on which a scene ran out of it. */
export async function roomierHosts(
  db: Queryable,
  engine: string,
  key: string,
): Promise<{ own: number | null; most: number | null }> {
  const { rows } = await db.query<{ own: string | null; most: string | null }>(
    `select (select vram_total_bytes from engine_hosts where engine = $1 and key = $2) as own,
       (select max(vram_total_bytes) from engine_hosts where engine = $1 and blocked_at is null and drained_at is null
          and seen_at > now() - interval '5 minutes') as most`,
    [engine, key],
  )
  const bytes = (text: string | null | undefined): number | null => (text ? Number(text) : null)
  return { own: bytes(rows[0]?.own), most: bytes(rows[0]?.most) }
}

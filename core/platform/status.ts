/** How the parts that every process needs are doing. */
import type { Pool } from 'pg'
import type { ObjectStore } from './objects.ts'
import { withDeadline } from './retry.ts'

export type ComponentStatus = { status: 'ok' | 'degraded' | 'down'; detail?: string }
export type SystemStatus = {
  status: 'ok' | 'degraded'
  components: {
    database: ComponentStatus
    storage: ComponentStatus
    queue: ComponentStatus
    renderer: ComponentStatus
  }
  queue_depth: number
  workers: number
}

const LIMIT_MS = 3_000
const OK: ComponentStatus = { status: 'ok' }

/** Rejects when the database does not answer within 3 s. */
export async function checkDatabase(pool: Pool): Promise<void> {
  await withDeadline(pool.query('select 1'), LIMIT_MS, 'the database did not answer within 3 s')
}

/** True when this release's tables are there. */
export async function isMigrated(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ there: boolean }>(
    // Not to_regclass: the server may not look into the queue's schema.
    `select count(*) = 2 as there from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where (n.nspname, c.relname) in (('public', 'audit_entries'), ('graphile_worker', 'jobs'))`,
  )
  return rows[0]?.there ?? false
}

const down = (detail: string): ComponentStatus => ({ status: 'down', detail })

/** The state of the whole, for the status page. Never rejects. */
export async function systemStatus(pool: Pool, store: ObjectStore): Promise<SystemStatus> {
  const [counts, storage] = await Promise.all([
    withDeadline(
      pool.query<{ depth: number; workers: number; renderers: number; stale: boolean }>(
        `select
           (select count(*)::int from job_steps where state = 'ready') as depth,
           (select count(*)::int from workers where last_seen_at > now() - interval '20 seconds') as workers,
           (select count(*)::int from workers
            where last_seen_at > now() - interval '20 seconds' and 'scene' = any(roles)) as renderers,
           exists (select 1 from job_steps where state = 'ready' and ready_at < now() - interval '5 minutes') as stale`,
      ),
      LIMIT_MS,
      'no answer within 3 s',
    ).catch(() => null),
    store.ping().then(
      () => OK,
      () => down('the object store does not answer'),
    ),
  ])
  const row = counts?.rows[0]
  const components = {
    database: row ? OK : down('the database does not answer'),
    storage,
    queue: !row
      ? down('unknown while the database is down')
      : row.stale
        ? ({ status: 'degraded', detail: 'work has been waiting for more than 5 minutes' } as const)
        : OK,
    renderer: row?.renderers ? OK : down('no worker that renders scenes is running'),
  }
  const healthy = Object.values(components).every((component) => component.status === 'ok')
  return {
    status: healthy ? 'ok' : 'degraded',
    components,
    queue_depth: row?.depth ?? 0,
    workers: row?.workers ?? 0,
  }
}

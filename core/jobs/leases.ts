/**
 * How long a step is held, and holding it longer. By itself, since the thread that renews leases is to start fast and stay
 * small: nothing here loads the ORM.
 */
import type { Queryable } from '../platform/database.ts'

/** A lease lasts this long unless renewed; the heartbeat renews every 5 s. */
export const LEASE_S = 20

/** Renews leases that are really being worked on; returns the ids that are still ours. */
export async function renewLeases(
  db: Queryable,
  worker: string,
  running: readonly { id: string; attempt: number }[],
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `update job_steps s set lease_until = now() + make_interval(secs => $4)
     from unnest($1::uuid[], $2::int[]) as mine (id, attempt)
     where s.id = mine.id and s.attempt = mine.attempt and s.lease_owner = $3 and s.state = 'running'
     returning s.id`,
    [running.map((step) => step.id), running.map((step) => step.attempt), worker, LEASE_S],
  )
  return rows.map((row) => row.id)
}

/** Requests a month, counted for whoever makes them. */
import type { Queryable } from '../platform/database.ts'
import { newId } from '../platform/ids.ts'

/** Adds counts by owner URN to the usage of this month (UTC), in one statement. */
export async function addApiCalls(db: Queryable, counts: ReadonlyMap<string, number>): Promise<void> {
  if (counts.size === 0) return
  // Sorted, so that two servers that write at once never wait for each other in turn.
  const owners = [...counts.keys()].sort()
  await db.query(
    `insert into usage (id, owner, period, api_calls)
     select id, owner, to_char(now() at time zone 'UTC', 'YYYY-MM'), calls
     from unnest($1::uuid[], $2::text[], $3::int[]) as counted (id, owner, calls)
     on conflict (owner, period) do update set api_calls = usage.api_calls + excluded.api_calls`,
    [owners.map(() => newId()), owners, owners.map((owner) => counts.get(owner))],
  )
}

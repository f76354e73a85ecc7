/** What is kept of accounts for a while, and then not. */
import type { Queryable } from '../platform/database.ts'

/** Removes counters of windows that are over, ended sessions, revoked keys and set-up links that nobody used. */
export async function expireAccountRows(db: Queryable): Promise<void> {
  for (const statement of [
    // Windows of a day say so in their name; all others are of a minute.
    `delete from rate_limits
     where window_start < now() - case when bucket like 'day:%' then interval '1 day' else interval '1 hour' end`,
    `delete from login_failures where window_start < now() - interval '1 hour'`,
    `delete from sessions where least(expires_at, revoked_at) < now() - interval '7 days'`,
    `delete from api_keys where revoked_at < now() - interval '30 days'`,
    `delete from setup_links where expires_at < now()`,
  ])
    await db.query(statement)
}

/** `node worker/health.ts`: exit 0 when a worker of this host has sent a heartbeat within 20 s. For container probes. */
import { hostname } from 'node:os'
import pg from 'pg'
import { readConfig } from '../core/platform/config.ts'

const client = new pg.Client({
  connectionString: readConfig(process.env).DATABASE_URL,
  connectionTimeoutMillis: 3_000,
  query_timeout: 3_000,
})
try {
  await client.connect()
  const { rows } = await client.query(
    `select 1 from workers where host = $1 and last_seen_at > now() - interval '20 seconds'`,
    [hostname()],
  )
  process.exitCode = rows.length > 0 ? 0 : 1
} catch {
  process.exitCode = 1
} finally {
  await client.end().catch(() => {})
}

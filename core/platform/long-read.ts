/** Reading that may take minutes: nightly checks over whole tables. */
import type { Pool, PoolClient } from 'pg'
import { transaction } from './database.ts'

const LIMIT = '10min'

/** Runs `work` in a transaction whose statements may take ten minutes; when the signal aborts, they are cancelled. */
export async function longRead<T>(
  pool: Pool,
  signal: AbortSignal,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  return transaction(pool, async (client) => {
    signal.throwIfAborted()
    await client.query(`set local statement_timeout = '${LIMIT}'`)
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const cancel = (): void => {
      pool.query('select pg_cancel_backend($1)', [rows[0]?.pid]).catch(() => {})
    }
    signal.addEventListener('abort', cancel, { once: true })
    try {
      return await work(client)
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  })
}

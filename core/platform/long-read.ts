/** Reading that may take minutes: checks over whole tables. */
import type { Pool, PoolClient } from 'pg'
import { transaction } from './database.ts'

const LIMIT = '10min'

/** Begins a transaction to which the rows look the same from its first statement to its last, and that writes none. */
export const SNAPSHOT = 'begin isolation level repeatable read, read only'

/**
 * Runs `work` in a transaction whose statements may take ten minutes.
 * @param options.signal when it aborts, a statement that is running is cancelled
 */
export async function longRead<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  { signal, begin }: { signal?: AbortSignal; begin?: string } = {},
): Promise<T> {
  return transaction(
    pool,
    async (client) => {
      signal?.throwIfAborted()
      await client.query(`set local statement_timeout = '${LIMIT}'`)
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
      const cancel = (): void => {
        pool.query('select pg_cancel_backend($1)', [rows[0]?.pid]).catch(() => {})
      }
      signal?.addEventListener('abort', cancel, { once: true })
      try {
        return await work(client)
      } finally {
        signal?.removeEventListener('abort', cancel)
      }
    },
    begin,
  )
}

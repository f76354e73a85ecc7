/** Reading that may take minutes: checks over whole tables. */
import type { Pool, QueryConfig } from 'pg'
import { ANSWER_SLACK_MS, type Queryable, transaction } from './database.ts'

const LIMIT_MS = 600_000

/** Begins a transaction to which the rows look the same from its first statement to its last, and that writes none. */
export const SNAPSHOT = 'begin isolation level repeatable read, read only'

/**
 * Runs `work` in a transaction whose statements may take ten minutes.
 * @param options.signal when it aborts, a statement that is running is cancelled
 */
export async function longRead<T>(
  pool: Pool,
  work: (client: Queryable) => Promise<T>,
  { signal, begin }: { signal?: AbortSignal; begin?: string } = {},
): Promise<T> {
  return transaction(
    pool,
    async (client) => {
      signal?.throwIfAborted()
      await client.query(`set local statement_timeout = ${LIMIT_MS}`)
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
      const cancel = (): void => {
        pool.query('select pg_cancel_backend($1)', [rows[0]?.pid]).catch(() => {})
      }
      signal?.addEventListener('abort', cancel, { once: true })
      try {
        // The driver gives up sooner by itself, unless a statement says how long it may take.
        const patient = (text: string, values?: unknown[]) =>
          client.query({ text, values, query_timeout: LIMIT_MS + ANSWER_SLACK_MS } as QueryConfig)
        return await work({ query: patient as Queryable['query'] })
      } finally {
        signal?.removeEventListener('abort', cancel)
      }
    },
    begin,
  )
}

/** Two pieces of work that meet at one row, in an order that the test sets. */
import type pg from 'pg'
import { until } from './studio.ts'

/**
 * Holds rows that both pieces of work need, starts the one, then the other once the first is waiting, and lets go when
 * both wait: they really run at once, and the first comes first.
 * @param lock a statement that locks the rows, such as `select ... for update`
 */
export async function race<First, Second>(
  pool: pg.Pool,
  lock: { text: string; values: unknown[] },
  first: () => Promise<First>,
  second: () => Promise<Second>,
): Promise<[First, Second]> {
  const holder = await pool.connect()
  const waiting = async (): Promise<number> => {
    const { rows } = await holder.query<{ n: number }>(
      `select count(distinct pid)::int as n from pg_locks where not granted
         and pid in (select pid from pg_stat_activity where datname = current_database())`,
    )
    return rows[0]!.n
  }
  try {
    await holder.query('begin')
    await holder.query(lock.text, lock.values)
    const one = first()
    await until(async () => (await waiting()) >= 1, 'the first waits')
    const two = second()
    await until(async () => (await waiting()) >= 2, 'the second waits')
    await holder.query('rollback')
    return await Promise.all([one, two])
  } finally {
    await holder.query('rollback')
    holder.release()
  }
}

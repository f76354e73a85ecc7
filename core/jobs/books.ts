/**
 * Checks the books: every balance is the sum of its entries, and jobs and usage counters say the same as the entries.
 * Nothing is put right here: a difference is a fault in the program, and somebody has to look at it.
 */
import type { Pool } from 'pg'
import { PAYER_SQL } from '../accounts/storage.ts'
import type { Queryable } from '../platform/database.ts'
import { longRead } from '../platform/long-read.ts'

/** One place where the books do not agree. */
export type BooksFault = {
  /** `balance`: of a person or team. `usage`: counters of its owners. `job`: charge or refund of one job. */
  kind: 'balance' | 'usage' | 'job'
  /** Credit source URN, or the job's id. */
  subject: string
  /** What the row says, and what the entries say. */
  found: Record<string, number>
  expected: Record<string, number>
}

const BOOKS_LOCK = 0x66636263 // "fcbc"
const MAX_FAULTS = 100

/** Balances of people and teams that are there, against grants, debits and refunds. */
const BALANCES = `
  with folded as (
    select source::text, sum(case when kind in ('grant', 'refund') then amount else -amount end)::int as balance
    from credit_entries where moves_balance group by source
  ), held as (
    select 'framecast:user:' || id as source, credits from users
    union all select 'framecast:team:' || id, credits from teams
  )
  select 'balance' as kind, held.source as subject, jsonb_build_object('credits', held.credits) as found,
    jsonb_build_object('credits', coalesce(folded.balance, 0)) as expected
  from held left join folded using (source) where held.credits <> coalesce(folded.balance, 0)`

/** Usage counters of all owners that draw on one source, against its debits and refunds. Both outlive jobs. */
const USAGE = `
  with folded as (
    select source::text, coalesce(sum(amount) filter (where kind = 'debit'), 0)::int as used,
      coalesce(sum(amount) filter (where kind = 'refund'), 0)::int as refunded
    from credit_entries group by source
  ), counted as (
    select ${PAYER_SQL} as source, sum(credits_used)::int as used, sum(credits_refunded)::int as refunded
    from usage group by 1
  )
  select 'usage' as kind, source as subject,
    jsonb_build_object('used', coalesce(counted.used, 0), 'refunded', coalesce(counted.refunded, 0)) as found,
    jsonb_build_object('used', coalesce(folded.used, 0), 'refunded', coalesce(folded.refunded, 0)) as expected
  from folded full join counted using (source)
  where (coalesce(counted.used, 0), coalesce(counted.refunded, 0)) <> (coalesce(folded.used, 0), coalesce(folded.refunded, 0))`

const JOBS = `
  with entries as (
    select job_id, coalesce(sum(amount) filter (where kind = 'debit'), 0)::int as charged,
      coalesce(sum(amount) filter (where kind = 'refund'), 0)::int as refunded
    from credit_entries where job_id is not null group by job_id
  )
  select 'job' as kind, j.id::text as subject,
    jsonb_build_object('charged', j.credits_charged, 'refunded', j.credits_refunded) as found,
    jsonb_build_object('charged', coalesce(e.charged, 0), 'refunded', coalesce(e.refunded, 0)) as expected
  from jobs j left join entries e on e.job_id = j.id
  where (j.credits_charged, j.credits_refunded) <> (coalesce(e.charged, 0), coalesce(e.refunded, 0))`

/** Where the books do not agree, at most a hundred places. One snapshot: what happens meanwhile is not half seen. */
export async function faultsInBooks(db: Queryable): Promise<BooksFault[]> {
  const { rows } = await db.query<BooksFault>(
    `select * from ((${BALANCES}) union all (${USAGE}) union all (${JOBS})) as faults order by kind, subject limit ${MAX_FAULTS}`,
  )
  return rows
}

/** The same, for many processes that may ask at once: one of them looks, the others get null. */
export async function checkBooks(pool: Pool, signal: AbortSignal): Promise<BooksFault[] | null> {
  return longRead(pool, signal, async (client) => {
    const { rows } = await client.query<{ locked: boolean }>(
      'select pg_try_advisory_xact_lock($1) as locked',
      [BOOKS_LOCK],
    )
    return rows[0]?.locked ? faultsInBooks(client) : null
  })
}

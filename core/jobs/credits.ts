/** Credit entries, balances and usage counters: always moved together, in the caller's transaction. */
import { creditSource, parseOwner } from '../access/owner.ts'
import type { Queryable } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { newId } from '../platform/ids.ts'

export type CreditsMode = 'enforce' | 'track' | 'off'

type UsageChange = { renders?: number; renderSeconds?: number; used?: number; refunded?: number }

/** Adds to the usage counters of an owner for the current month (UTC). */
export async function addUsage(client: Queryable, owner: string, change: UsageChange): Promise<void> {
  await client.query(
    `insert into usage (id, owner, period, renders_count, render_seconds, credits_used, credits_refunded)
     values ($1, $2, to_char(now() at time zone 'UTC', 'YYYY-MM'), $3, $4, $5, $6)
     on conflict (owner, period) do update set
       renders_count = usage.renders_count + excluded.renders_count,
       render_seconds = usage.render_seconds + excluded.render_seconds,
       credits_used = usage.credits_used + excluded.credits_used,
       credits_refunded = usage.credits_refunded + excluded.credits_refunded`,
    [newId(), owner, change.renders ?? 0, change.renderSeconds ?? 0, change.used ?? 0, change.refunded ?? 0],
  )
}

/** Table and id of the balance behind a personal or team URN. */
function balanceRow(source: string): { table: 'users' | 'teams'; id: string } {
  const owner = parseOwner(source)
  if (owner?.kind === 'user') return { table: 'users', id: owner.userId }
  if (owner?.kind === 'team') return { table: 'teams', id: owner.teamId }
  throw new Error(`not a source of credits: ${source}`)
}

/** The balance of a credit source (`creditSource`); 0 for one that is gone. */
export async function balanceOf(db: Queryable, source: string): Promise<number> {
  const { table, id } = balanceRow(source)
  const { rows } = await db.query<{ credits: number }>(`select credits from ${table} where id = $1`, [id])
  return rows[0]?.credits ?? 0
}

/** Adds `amount` (may be negative) to a balance; false when it would fall below zero, or is gone. */
async function moveBalance(client: Queryable, source: string, amount: number): Promise<boolean> {
  const { table, id } = balanceRow(source)
  const { rowCount } = await client.query(
    `update ${table} set credits = credits + $2 where id = $1 and credits + $2 >= 0`,
    [id, amount],
  )
  return rowCount === 1
}

async function writeEntry(
  client: Queryable,
  entry: { source: string; jobId: string; kind: 'debit' | 'refund'; amount: number; movesBalance: boolean },
): Promise<void> {
  await client.query(
    'insert into credit_entries (id, source, job_id, kind, amount, moves_balance) values ($1, $2, $3, $4, $5, $6)',
    [newId(), entry.source, entry.jobId, entry.kind, entry.amount, entry.movesBalance],
  )
}

/**
 * Charges a job that is being created.
 * @throws {Problem} INSUFFICIENT_CREDITS in mode enforce when the balance is below `amount`
 */
export async function charge(
  client: Queryable,
  job: { id: string; owner: string },
  amount: number,
  mode: CreditsMode,
): Promise<void> {
  const source = creditSource(job.owner)
  const movesBalance = mode === 'enforce'
  if (movesBalance && !(await moveBalance(client, source, -amount))) {
    throw new Problem('INSUFFICIENT_CREDITS', `this render needs ${amount} credits, and the balance is lower`)
  }
  await writeEntry(client, { source, jobId: job.id, kind: 'debit', amount, movesBalance })
  await addUsage(client, job.owner, { used: amount })
}

/** Gives credits back at the end of a job. What the debit took from a balance goes back to it, and nothing else does. */
export async function giveBack(
  client: Queryable,
  job: { id: string; owner: string },
  amount: number,
): Promise<void> {
  if (amount === 0) return
  const source = creditSource(job.owner)
  const { rows } = await client.query<{ moves_balance: boolean }>(
    `select moves_balance from credit_entries where job_id = $1 and kind = 'debit'`,
    [job.id],
  )
  const movesBalance = rows[0]?.moves_balance ?? false
  if (movesBalance) await moveBalance(client, source, amount)
  await writeEntry(client, { source, jobId: job.id, kind: 'refund', amount, movesBalance })
  await addUsage(client, job.owner, { refunded: amount })
}

/**
 * Gives credits to a person or a team, as an operator does. In the caller's transaction.
 * @param source personal or team URN
 * @param note why, kept with the entry
 * @returns false when there is no such person or team
 */
export async function grant(
  client: Queryable,
  source: string,
  amount: number,
  note: string | null = null,
): Promise<boolean> {
  if (!(await moveBalance(client, source, amount))) return false
  await client.query(
    `insert into credit_entries (id, source, kind, amount, moves_balance, note) values ($1, $2, 'grant', $3, true, $4)`,
    [newId(), source, amount, note],
  )
  return true
}

/**
 * Gives up what is left of a balance, whose person or team is about to go. In the caller's transaction, which holds the
 * row of either.
 * @param note why, kept with the entry
 * @returns the amount
 */
export async function forfeit(client: Queryable, source: string, note: string): Promise<number> {
  const amount = await balanceOf(client, source)
  if (amount === 0 || !(await moveBalance(client, source, -amount))) return 0
  await client.query(
    `insert into credit_entries (id, source, kind, amount, moves_balance, note) values ($1, $2, 'forfeit', $3, true, $4)`,
    [newId(), source, amount, note],
  )
  return amount
}

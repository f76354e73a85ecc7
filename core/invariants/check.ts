/** Looks for rows that break a rule, over the whole database. Reads only. */
import type { Pool } from 'pg'
import type { Queryable } from '../platform/database.ts'
import { longRead, SNAPSHOT } from '../platform/long-read.ts'
import { INVARIANTS } from './rules.ts'

export type Violation = { id: string; detail: string }
export type InvariantResult = {
  rule: string
  text: string
  /** At most `LIMIT` rows at fault. */
  violations: Violation[]
  /** True when there are more. */
  more: boolean
}

const LIMIT = 20

export type CheckOptions = {
  /** WEBHOOK_ALLOW_INSECURE */
  allowInsecureWebhooks: boolean
  /** Rules to leave out, by id. */
  except?: readonly string[]
  /** Called after each rule, for a progress display. */
  onRule?: (result: InvariantResult) => void
}

/** One rule, held to the rows. */
async function checkRule(
  client: Queryable,
  { id, text, sql }: (typeof INVARIANTS)[number],
  allowInsecureWebhooks: boolean,
): Promise<InvariantResult> {
  const { rows } = await client.query<Violation>(
    `select id, detail from (${sql}) as broken order by id limit ${LIMIT + 1}`,
    sql.includes('$1') ? [allowInsecureWebhooks] : [],
  )
  return {
    rule: id,
    text,
    violations: rows.slice(0, LIMIT).map((row) => ({ id: row.id ?? '', detail: row.detail ?? '' })),
    more: rows.length > LIMIT,
  }
}

/** Runs every rule in one snapshot, so that what changes meanwhile looks the same to all of them. */
export async function checkInvariants(
  pool: Pool,
  { allowInsecureWebhooks, except = [], onRule }: CheckOptions,
): Promise<InvariantResult[]> {
  return longRead(
    pool,
    async (client) => {
      const results: InvariantResult[] = []
      for (const rule of INVARIANTS) {
        if (except.includes(rule.id)) continue
        const result = await checkRule(client, rule, allowInsecureWebhooks)
        results.push(result)
        onRule?.(result)
      }
      return results
    },
    { begin: SNAPSHOT },
  )
}

/** Rules about money: balances, charges, refunds and usage counters say the same as the entries. */
const BOOKS = INVARIANTS.filter(({ id }) => id.startsWith('CREDIT-'))
const BOOKS_LOCK = 0x66636263 // "fcbc"

/**
 * The rules about money that are broken. Nothing is put right: a difference is a fault in the program, and somebody has
 * to look at it. Of many processes that ask at once one looks, the others get null.
 */
export async function checkBooks(pool: Pool, signal: AbortSignal): Promise<InvariantResult[] | null> {
  return longRead(
    pool,
    async (client) => {
      const { rows } = await client.query<{ locked: boolean }>(
        'select pg_try_advisory_xact_lock($1) as locked',
        [BOOKS_LOCK],
      )
      if (!rows[0]?.locked) return null
      const results: InvariantResult[] = []
      for (const rule of BOOKS) results.push(await checkRule(client, rule, false))
      return results.filter(({ violations }) => violations.length > 0)
    },
    { begin: SNAPSHOT, signal },
  )
}

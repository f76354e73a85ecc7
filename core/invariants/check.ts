/** Looks for rows that break a rule, over the whole database. Reads only. */
import type { Pool } from 'pg'
import { transaction } from '../platform/database.ts'
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

/**
 * Runs every rule in one snapshot, so that what changes meanwhile looks the same to all of them.
 * @param options.allowInsecureWebhooks WEBHOOK_ALLOW_INSECURE
 * @param options.onRule called after each rule, for a progress display
 */
export async function checkInvariants(
  pool: Pool,
  options: {
    allowInsecureWebhooks: boolean
    /** Rules to leave out, by id. */
    except?: readonly string[]
    onRule?: (result: InvariantResult) => void
  },
): Promise<InvariantResult[]> {
  return transaction(
    pool,
    async (client) => {
      await client.query(`set local statement_timeout = '10min'`)
      const results: InvariantResult[] = []
      for (const { id, text, sql } of INVARIANTS) {
        if (options.except?.includes(id)) continue
        const { rows } = await client.query<Violation>(
          `select id, detail from (${sql}) as broken order by id limit ${LIMIT + 1}`,
          sql.includes('$1') ? [options.allowInsecureWebhooks] : [],
        )
        const result = {
          rule: id,
          text,
          violations: rows.slice(0, LIMIT).map((row) => ({ id: row.id ?? '', detail: row.detail ?? '' })),
          more: rows.length > LIMIT,
        }
        results.push(result)
        options.onRule?.(result)
      }
      return results
    },
    'begin isolation level repeatable read, read only',
  )
}

/** Looks at the books again and again while things break: what holds at every commit holds at every look. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Installation } from './installation.ts'
import type { Violation } from './promises.ts'

const EVERY_MS = 250

/** Of each source: what it has, plus what was charged, less what was given back, is what it was granted. */
const UNBALANCED = `
  select source, balance, charged, refunded, granted from unnest($1::text[]) as source
  cross join lateral (
    select credits as balance from users where 'framecast:user:' || id = source
    union all select credits from teams where 'framecast:team:' || id = source) as held
  cross join lateral (
    select coalesce(sum(credits_charged), 0)::int as charged, coalesce(sum(credits_refunded), 0)::int as refunded
    from jobs where owner = source) as moved
  cross join lateral (
    select coalesce(sum(amount), 0)::int as granted from credit_entries e where e.source = source.source and kind = 'grant') as given
  where balance + charged - refunded <> granted`

/** @returns one line for each source whose books do not agree */
export async function unbalanced(
  { pool }: Pick<Installation, 'pool'>,
  sources: readonly string[],
): Promise<Violation[]> {
  const { rows } = await pool.query(UNBALANCED, [sources])
  return rows.map(({ source, balance, charged, refunded, granted }) => ({
    promise: 'R4' as const,
    what: `${source} has ${balance} + ${charged} charged - ${refunded} refunded, which is not the ${granted} granted`,
  }))
}

export function watchBooks(
  installation: Pick<Installation, 'pool'>,
  sources: readonly string[],
): { stop(): Promise<{ looks: number; violations: Violation[] }> } {
  const violations: Violation[] = []
  let looks = 0
  let isOver = false
  const loop = (async () => {
    while (!isOver) {
      // While the database is away there is nothing to look at.
      const found = await unbalanced(installation, sources).catch(() => null)
      if (found) looks += 1
      if (found && violations.length === 0) violations.push(...found)
      await sleep(EVERY_MS)
    }
  })()
  return {
    async stop() {
      isOver = true
      await loop
      return { looks, violations }
    },
  }
}

/**
 * Attempts at passwords, counted in fixed windows for the account and for the address they come from. An attempt is counted
 * before the password is looked at, so that many at once cannot slip through together, and taken back when it was right.
 */
import { createHash } from 'node:crypto'
import type { Queryable } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'

const WINDOW_S = 900
const LIMIT = 10

/** What is counted: never the address itself, since people also type passwords where the address belongs. */
const keyOf = (kind: 'email' | 'address', text: string): string =>
  `${kind}:${createHash('sha256').update(text.toLowerCase()).digest('hex')}`

export type Attempt = { email: string; address: string }

const WINDOW = `to_timestamp(floor(extract(epoch from now()) / ${WINDOW_S}) * ${WINDOW_S})`

/**
 * Counts an attempt.
 * @param db that sees every row
 * @throws {Problem} RATE_LIMIT_EXCEEDED when ten before it in this window were wrong
 */
export async function countAttempt(db: Queryable, { email, address }: Attempt): Promise<void> {
  const { rows } = await db.query<{ count: number; left_s: number }>(
    `insert into login_failures as f (key, window_start, count)
     select key, ${WINDOW}, 1 from unnest($1::text[]) as key
     on conflict (key, window_start) do update set count = f.count + 1
     returning count, ceil(extract(epoch from window_start - now()) + ${WINDOW_S})::int as left_s`,
    // Sorted, so that two attempts never wait for each other in turn.
    [[keyOf('address', address), keyOf('email', email)].sort()],
  )
  const blocked = rows.find((row) => row.count > LIMIT)
  if (blocked) {
    const retryAfterS = Math.max(1, blocked.left_s)
    throw new Problem('RATE_LIMIT_EXCEEDED', `retry after ${retryAfterS} seconds`, {
      reason: 'login_failures',
      retryAfterS,
    })
  }
}

/** After the right password: the account begins anew; the address loses only this attempt, since many people share one. */
export async function forgiveAttempt(db: Queryable, { email, address }: Attempt): Promise<void> {
  await db.query(
    `update login_failures set count = case key when $1 then 0 else greatest(0, count - 1) end
     where key in ($1, $2) and window_start = ${WINDOW}`,
    [keyOf('email', email), keyOf('address', address)],
  )
}

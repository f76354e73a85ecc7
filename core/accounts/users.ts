/** People. Sign-up and log-in are not here yet: an operator is made by the admin command. */
import type { Queryable } from '../platform/database.ts'
import { newId } from '../platform/ids.ts'

export type NewUser = { email: string; name: string | null; isOperator: boolean; credits?: number }

/**
 * Makes an account of tier creator, or finds the one with that email.
 * @returns its id and whether it was made now
 */
export async function ensureUser(db: Queryable, user: NewUser): Promise<{ id: string; created: boolean }> {
  const { rows } = await db.query<{ id: string }>(
    `insert into users (id, email, name, tier, upgraded_at, is_operator, credits)
     values ($1, $2, $3, 'creator', now(), $4, $5)
     on conflict (email) do nothing returning id`,
    [newId(), user.email, user.name, user.isOperator, user.credits ?? 0],
  )
  if (rows[0]) return { id: rows[0].id, created: true }
  const found = await db.query<{ id: string }>('select id from users where email = $1', [user.email])
  return { id: found.rows[0]!.id, created: false }
}

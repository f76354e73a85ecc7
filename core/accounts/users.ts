/** People that an operator makes accounts for; people who sign up themselves: sign-up.ts. */
import type { Pool, PoolClient } from 'pg'
import { userUrn } from '../access/owner.ts'
import { grant } from '../jobs/credits.ts'
import { transaction } from '../platform/database.ts'
import { newId } from '../platform/ids.ts'
import { createPersonalSet } from '../teams/personal-set.ts'

export type NewUser = { email: string; name: string | null; isOperator: boolean; credits?: number }

/** Like `ensureUser`, in the caller's transaction. */
export async function ensureUserIn(
  client: PoolClient,
  user: NewUser,
): Promise<{ id: string; created: boolean }> {
  const { rows } = await client.query<{ id: string }>(
    `insert into users (id, email, name, tier, upgraded_at, is_operator)
     values ($1, $2, $3, 'creator', now(), $4)
     on conflict (email) do nothing returning id`,
    [newId(), user.email, user.name, user.isOperator],
  )
  if (rows[0]) {
    if (user.credits) await grant(client, userUrn(rows[0].id), user.credits, 'opening balance')
    await createPersonalSet(client, rows[0].id)
    return { id: rows[0].id, created: true }
  }
  const found = await client.query<{ id: string }>('select id from users where email = $1', [user.email])
  return { id: found.rows[0]!.id, created: false }
}

/**
 * Makes an account of tier creator with its personal set, or finds the one with that email.
 * @returns its id and whether it was made now
 */
export async function ensureUser(pool: Pool, user: NewUser): Promise<{ id: string; created: boolean }> {
  return transaction(pool, (client) => ensureUserIn(client, user))
}

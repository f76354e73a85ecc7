/** What people do with their own account. */
import type { User } from '../../schemas/types.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { reachOf } from '../access/reach.ts'
import type { Database, Queryable } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { queryableAs, transactionAs, widen } from '../platform/reach.ts'
import { findPerson } from './people.ts'
import { upgradeToCreator } from './upgrade.ts'

type Deps = { db: Pick<Database, 'pool'> }

async function readBack(db: Queryable, userId: string): Promise<User> {
  const user = await findPerson(db, userId)
  // Deleted by another request, since this one was let in.
  if (!user) throw new Problem('USER_NOT_FOUND', 'The user of this credential is gone')
  return user
}

/** @throws {Problem} USER_NOT_FOUND when the account was deleted a moment ago */
export const readAccount = ({ db }: Deps, principal: UserPrincipal): Promise<User> =>
  readBack(queryableAs(db.pool, reachOf(principal)), principal.userId)

const MAX_URL = 2_048

const isWebAddress = (text: string): boolean =>
  /^https?:\/\/\S+$/i.test(text) && text.length <= MAX_URL && URL.canParse(text)

export type AccountChange = { name?: string | null; avatar_url?: string | null }

/** Changes what is named and leaves the rest alone. */
export async function changeAccount(
  { db }: Deps,
  principal: UserPrincipal,
  change: AccountChange,
): Promise<User> {
  if (typeof change.avatar_url === 'string' && !isWebAddress(change.avatar_url))
    throw new Problem(
      'VALIDATION_ERROR',
      `avatar_url must be an http or https address of at most ${MAX_URL} characters`,
    )
  return transactionAs(db.pool, reachOf(principal), async (client) => {
    if ('name' in change || 'avatar_url' in change) {
      await client.query(
        `update users set name = case when $2 then $3 else name end, avatar_url = case when $4 then $5 else avatar_url end
         where id = $1`,
        [
          principal.userId,
          'name' in change,
          change.name ?? null,
          'avatar_url' in change,
          change.avatar_url ?? null,
        ],
      )
    }
    return readBack(client, principal.userId)
  })
}

/** @throws {Problem} CONFLICT when there is nothing to change, VALIDATION_ERROR for the way back */
export async function upgradeAccount(
  { db }: Deps,
  principal: UserPrincipal,
  target: 'starter' | 'creator',
): Promise<User> {
  return transactionAs(db.pool, reachOf(principal), async (client) => {
    const { tier } = await readBack(client, principal.userId)
    if (target === 'starter' && tier === 'creator')
      throw new Problem('VALIDATION_ERROR', 'a creator does not become a starter again')
    if (target === tier) throw new Problem('CONFLICT', `User is already ${tier}`)
    await widen(client)
    if (!(await upgradeToCreator(client, principal.userId)))
      throw new Problem('CONFLICT', 'User is already creator')
    return readBack(client, principal.userId)
  })
}

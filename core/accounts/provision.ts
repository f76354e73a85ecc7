/** Just in time: whoever comes with a valid token of another issuer for the first time gets an account. */
import { userUrn } from '../access/owner.ts'
import { SYSTEM } from '../access/reach.ts'
import { audit } from '../audit/audit.ts'
import type { Config } from '../platform/config.ts'
import type { Database, Queryable } from '../platform/database.ts'
import { isDatabaseUnavailable, Problem, sqlState, violatedConstraint } from '../platform/errors.ts'
import type { Logger } from '../platform/log.ts'
import { transactionAs } from '../platform/reach.ts'
import type { ExternalClaims } from './external-tokens.ts'
import { insertStarter } from './people.ts'
import { IS_DUE } from './purge.ts'
import { recountOwner } from './storage.ts'

type ProvisionDeps = { db: Pick<Database, 'pool'>; config: Pick<Config, 'SIGNUP_CREDITS'> }

/**
 * Whoever comes back within the time that personal rows are kept has them again. A token from before the account was
 * deleted does not bring it back: a page that is still open somewhere would undo the deletion.
 */
async function returnFromDeletion(client: Queryable, { userId, issuedAt }: ExternalClaims): Promise<void> {
  const owner = userUrn(userId)
  const { rows } = await client.query<{ is_before: boolean; is_due: boolean }>(
    `select $2::timestamptz is null or $2 <= deleted_at as is_before, ${IS_DUE} as is_due
     from deleted_accounts where owner = $1 for update`,
    [owner, issuedAt],
  )
  if (!rows[0]) return
  if (rows[0].is_before) throw new Problem('INVALID_TOKEN', 'Invalid or expired token')
  if (rows[0].is_due)
    throw new Problem(
      'SERVICE_UNAVAILABLE',
      'what this account has left behind is being removed; come back later',
      {
        reason: 'account_purge',
        retryAfterS: 600,
      },
    )
  await client.query('delete from deleted_accounts where owner = $1', [owner])
  await recountOwner(client, owner)
}

/**
 * Makes the account of a token's subject, unless another request has just done so.
 * @throws {Problem} MISSING_EMAIL; CONFLICT when the email belongs to somebody else; INVALID_TOKEN for a token older than
 *   the deletion of its account; USER_PROVISION_FAILED
 */
export async function provision({ db, config }: ProvisionDeps, claims: ExternalClaims): Promise<void> {
  const { userId, email, name } = claims
  if (email === null)
    throw new Problem('MISSING_EMAIL', 'A new user needs a token with a verified email address')
  try {
    await transactionAs(db.pool, SYSTEM, async (client) => {
      const made = await insertStarter(client, { id: userId, email, name, credits: config.SIGNUP_CREDITS })
      if (!made) {
        const { rowCount } = await client.query('select 1 from users where id = $1', [userId])
        if (rowCount === 0)
          throw new Problem('CONFLICT', 'the email of this token belongs to another account')
        return
      }
      await returnFromDeletion(client, claims)
      await audit(client, {
        action: 'user.created',
        subjectType: 'user',
        subjectId: userId,
        teamId: null,
        actorId: userId,
        details: { by: 'token of another issuer' },
      })
    })
  } catch (error) {
    if (error instanceof Problem || isDatabaseUnavailable(error)) throw error
    throw new Problem('USER_PROVISION_FAILED', 'the account for this token could not be made', {
      cause: error,
    })
  }
}

/**
 * Takes over a changed email.
 * @param db that sees every row
 * @returns false where it belongs to somebody else: then the account keeps the one it has
 */
export async function syncEmail(
  db: Queryable,
  { userId, email }: { userId: string; email: string },
  log: Logger,
): Promise<boolean> {
  try {
    await db.query('update users set email = $2 where id = $1', [userId, email])
    return true
  } catch (error) {
    if (sqlState(error) !== '23505' || violatedConstraint(error) !== 'users_email_unique') throw error
    log.warn({ user_id: userId }, 'the email of a token belongs to another account; the old one stays')
    return false
  }
}

/** Logging in, and changing the password that one logs in with. */
import type { User } from '../../schemas/types.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { reachOf, SYSTEM } from '../access/reach.ts'
import { audit } from '../audit/audit.ts'
import { Problem } from '../platform/errors.ts'
import { queryableAs, transactionAs } from '../platform/reach.ts'
import { countAttempt, forgiveAttempt } from './login-failures.ts'
import { isOutdated } from './passwords.ts'
import { findPerson } from './people.ts'
import { createSession } from './sessions.ts'
import { type AccountDeps, type LoggedIn, type Origin, requireLocalAccounts } from './sign-up.ts'

type CredentialRow = { id: string; password_hash: string | null }

/** The same words and the same work, whether there is such an account or not. */
const invalidCredentials = (): Problem => new Problem('INVALID_CREDENTIALS', 'Invalid email or password')

/**
 * Opens a session for an email and its password.
 * @throws {Problem} INVALID_CREDENTIALS; RATE_LIMIT_EXCEEDED after ten wrong passwords for an account or from an address
 */
export async function logIn(
  { db, config, passwords, sessions }: AccountDeps,
  { email, password }: { email: string; password: string },
  { address, userAgent }: Origin,
): Promise<LoggedIn> {
  requireLocalAccounts(config)
  const all = queryableAs(db.pool, SYSTEM)
  const attempt = { email, address }
  await countAttempt(all, attempt)
  const { rows } = await all.query<CredentialRow>(
    'select u.id, c.password_hash from users u left join user_credentials c on c.user_id = u.id where u.email = $1',
    [email],
  )
  const [account] = rows
  const stored = account?.password_hash ?? null
  if (!(await passwords.matches(password, stored)) || !account) throw invalidCredentials()
  const renewed = isOutdated(stored as string) ? await passwords.hash(password) : null
  return transactionAs(db.pool, SYSTEM, async (client) => {
    await forgiveAttempt(client, attempt)
    // The password, and the account, may have changed while this one was looked at.
    const { rowCount } = await client.query(
      `update user_credentials set password_hash = coalesce($3, password_hash) where user_id = $1 and password_hash = $2`,
      [account.id, stored, renewed],
    )
    if (rowCount !== 1) throw invalidCredentials()
    const session = await createSession(client, sessions, { userId: account.id, ip: address, userAgent })
    return { session, user: (await findPerson(client, account.id)) as User }
  })
}

/**
 * Sets a new password. Sessions other than the caller's own end.
 * @throws {Problem} CONFLICT for people without a password here, INVALID_CREDENTIALS, RATE_LIMIT_EXCEEDED as for logging in
 */
export async function changePassword(
  { db, passwords }: Pick<AccountDeps, 'db' | 'passwords'>,
  principal: UserPrincipal,
  { current_password, new_password }: { current_password: string; new_password: string },
  address: string,
): Promise<void> {
  const { userId, email, session } = principal
  const all = queryableAs(db.pool, SYSTEM)
  const { rows } = await all.query<{ password_hash: string }>(
    'select password_hash from user_credentials where user_id = $1',
    [userId],
  )
  const stored = rows[0]?.password_hash
  if (!stored) throw new Problem('CONFLICT', 'you log in with another issuer: there is no password here')
  const attempt = { email, address }
  await countAttempt(all, attempt)
  if (!(await passwords.matches(current_password, stored)))
    throw new Problem('INVALID_CREDENTIALS', 'the current password is not right')
  const renewed = await passwords.hash(new_password)
  await forgiveAttempt(all, attempt)
  await transactionAs(db.pool, reachOf(principal), async (client) => {
    const { rowCount } = await client.query(
      'update user_credentials set password_hash = $3, password_changed_at = now() where user_id = $1 and password_hash = $2',
      [userId, stored, renewed],
    )
    if (rowCount !== 1) throw new Problem('CONFLICT', 'the password was changed meanwhile')
    await client.query(
      'update sessions set revoked_at = now() where user_id = $1 and id is distinct from $2 and revoked_at is null',
      [userId, session?.id ?? null],
    )
    await audit(client, {
      action: 'user.password_changed',
      subjectType: 'user',
      subjectId: userId,
      teamId: null,
      actorId: userId,
    })
  })
}

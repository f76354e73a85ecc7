/** The local operator, the key to the instance, and the password for its pages. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Pool } from 'pg'
import { createApiKey, findKey } from '../core/accounts/keys.ts'
import { ensureUser } from '../core/accounts/users.ts'
import { writePrivate } from './secrets.ts'

export const OPERATOR_EMAIL = 'operator@framecast.local'

/** The raw key in `keyFile` if it still opens this database, else a new one, written there (mode 0600). */
export async function ensureOperatorKey(db: Pool, keyFile: string): Promise<string> {
  const kept = (await readFile(keyFile, 'utf8').catch(() => '')).trim()
  if (kept !== '' && (await findKey(db, kept))) return kept
  const user = await ensureUser(db, { email: OPERATOR_EMAIL, name: 'Local operator', isOperator: true })
  const { rawKey } = await createApiKey(db, { userId: user.id, name: 'Local instance', scopes: ['*'] })
  await writePrivate(keyFile, `${rawKey}\n`)
  return rawKey
}

/**
 * A password of the local operator's own, made once and written to `passwordFile` (mode 0600), so that a person can sign
 * in to the studio. One that the operator has chosen since is left alone.
 */
export async function ensureOperatorPassword(db: Pool, passwordFile: string): Promise<void> {
  const user = await ensureUser(db, { email: OPERATOR_EMAIL, name: 'Local operator', isOperator: true })
  const { rowCount } = await db.query('select 1 from user_credentials where user_id = $1', [user.id])
  if (rowCount !== 0) return
  // Not needed at most starts.
  const { createPasswords } = await import('../core/accounts/passwords.ts')
  const password = randomBytes(12).toString('base64url')
  const hash = await createPasswords().hash(password)
  // Written first: a password that nobody can read would be of no use, one that is not set yet is made again.
  await writePrivate(passwordFile, `${password}\n`)
  await db.query(
    `insert into user_credentials (user_id, password_hash) values ($1, $2)
     on conflict (user_id) do update set password_hash = excluded.password_hash`,
    [user.id, hash],
  )
}

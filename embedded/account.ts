/** The local operator and the key to the instance. */
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

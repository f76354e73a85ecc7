/** API keys: made, shown once, stored as a salted hash, looked up by an unsalted prefix. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { formatOwner, userUrn } from '../access/owner.ts'
import type { Scope, UserPrincipal } from '../access/principal.ts'
import type { Queryable } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { newId } from '../platform/ids.ts'
import { keyPrincipal, type PrincipalRow } from './principals.ts'
import { type LookUp, plainLookUp } from './rates.ts'

export const KEY_PREFIX = 'sk_live_'
const KEY_FORM = /^sk_live_[0-9a-f]{32}$/

const lookupHash = (rawKey: string): string => createHash('sha256').update(rawKey).digest('hex').slice(0, 16)

function saltedHash(rawKey: string, salt: Buffer): Buffer {
  return createHash('sha256').update(rawKey).update(salt).digest()
}

/** The stored form: `hex(salt):hex(SHA-256(key then salt))`. */
export function hashKey(rawKey: string, salt: Buffer = randomBytes(32)): string {
  return `${salt.toString('hex')}:${saltedHash(rawKey, salt).toString('hex')}`
}

function matches(rawKey: string, stored: string): boolean {
  const [salt = '', hash = ''] = stored.split(':')
  const expected = Buffer.from(hash, 'hex')
  const actual = saltedHash(rawKey, Buffer.from(salt, 'hex'))
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

/**
 * Makes a key for a user. The raw key is in the answer and nowhere else.
 * @param owner owner URN of what the key makes; default: the user's personal URN
 */
export async function createApiKey(
  db: Queryable,
  input: { userId: string; name: string; scopes: readonly Scope[]; owner?: string; expiresAt?: Date | null },
): Promise<{ id: string; rawKey: string }> {
  const rawKey = `${KEY_PREFIX}${randomBytes(16).toString('hex')}`
  const id = newId()
  await db.query(
    `insert into api_keys (id, user_id, owner, name, key_hash, key_hash_prefix, scopes, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8)`,
    [
      id,
      input.userId,
      input.owner ?? userUrn(input.userId),
      input.name,
      hashKey(rawKey),
      lookupHash(rawKey),
      JSON.stringify(input.scopes),
      input.expiresAt ?? null,
    ],
  )
  return { id, rawKey }
}

/** Revokes a key; false when there is no such key or it is revoked already. Effective with the next request. */
export async function revokeApiKey(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'update api_keys set revoked_at = now() where id = $1 and revoked_at is null',
    [id],
  )
  return rowCount === 1
}

type KeyRow = {
  id: string
  owner: string
  key_hash: string
  scopes: Scope[]
  is_stale: boolean
  principal: PrincipalRow | null
}

const toPrincipal = ({ id, owner, scopes, principal }: KeyRow): UserPrincipal => {
  if (!principal) throw new Problem('USER_NOT_FOUND', 'The user of this API key is gone')
  return keyPrincipal(principal, { id, owner, scopes })
}

/**
 * Who a raw key stands for; null when it is unknown, expired or revoked. Notes the use, at most once a minute.
 * @param lookUp how callers are found: `countingLookUp` counts the request with it
 */
export async function findKey(
  db: Queryable,
  rawKey: string,
  lookUp: LookUp = plainLookUp(db),
): Promise<UserPrincipal | null> {
  if (!KEY_FORM.test(rawKey)) return null
  const rows = await lookUp<KeyRow>('select * from find_api_keys($1)', [lookupHash(rawKey)])
  const row = rows.find((candidate) => matches(rawKey, candidate.key_hash))
  if (!row) return null
  if (row.is_stale) await db.query('select touch_api_key($1)', [row.id])
  return toPrincipal(row)
}

/** The caller behind a key id, if the key is still valid: open streams ask again from time to time. */
export async function findKeyById(db: Queryable, id: string): Promise<UserPrincipal | null> {
  const { rows } = await db.query<KeyRow>('select * from find_api_key($1)', [id])
  return rows[0] ? toPrincipal(rows[0]) : null
}

/**
 * Ends every key of a user that belongs to a team or to the membership in it: what a key opens ends with the membership.
 * @param client of the transaction that ends the membership; it has to see the keys (`widen`)
 * @returns ids of the keys that ended
 */
export async function revokeTeamKeys(client: Queryable, userId: string, teamId: string): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `update api_keys set revoked_at = now() where user_id = $1 and owner = any($2) and revoked_at is null returning id`,
    [userId, [formatOwner({ kind: 'team', teamId }), formatOwner({ kind: 'membership', teamId, userId })]],
  )
  return rows.map((row) => row.id)
}

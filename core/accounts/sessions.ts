/**
 * Sessions of people who log in here. The token is a JWT signed by us whose id is the session's row: revoking the row ends
 * the token at once.
 */
import { hkdfSync } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import type { UserPrincipal } from '../access/principal.ts'
import type { Config } from '../platform/config.ts'
import { type Queryable, toIso } from '../platform/database.ts'
import { isUuid, newId } from '../platform/ids.ts'
import { type PrincipalRow, tokenPrincipal } from './principals.ts'
import { type LookUp, plainLookUp } from './rates.ts'

/** Issuer of our own tokens: it tells them from those of others. */
export const ISSUER = 'framecast'

export type SessionKeys = { readonly key: Uint8Array; readonly ttlS: number }

/** The signing key: AUTH_SESSION_SECRET, or one derived from DATA_KEY. */
export function sessionKeys(
  config: Pick<Config, 'AUTH_SESSION_SECRET' | 'AUTH_SESSION_TTL_SECONDS' | 'DATA_KEY'>,
): SessionKeys {
  const secret = Buffer.from(config.AUTH_SESSION_SECRET || config.DATA_KEY)
  return {
    key: new Uint8Array(hkdfSync('sha256', secret, '', 'framecast:session', 32)),
    ttlS: config.AUTH_SESSION_TTL_SECONDS,
  }
}

export type NewSession = { id: string; token: string; expiresAt: string; expiresIn: number }

/**
 * Opens a session. The token is in the answer and nowhere else.
 * @param db of a reach that may write the user's sessions
 */
export async function createSession(
  db: Queryable,
  keys: SessionKeys,
  input: { userId: string; ip?: string | null; userAgent?: string | null },
): Promise<NewSession> {
  const id = newId()
  const { rows } = await db.query<{ expires_at: Date | string }>(
    `insert into sessions (id, user_id, expires_at, ip, user_agent)
     values ($1, $2, date_trunc('second', now()) + make_interval(secs => $3), $4, left($5, 500)) returning expires_at`,
    [id, input.userId, keys.ttlS, input.ip ?? null, input.userAgent ?? null],
  )
  const expiresAt = new Date(rows[0]!.expires_at)
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(ISSUER)
    .setSubject(input.userId)
    .setJti(id)
    .setIssuedAt()
    .setExpirationTime(Math.floor(expiresAt.getTime() / 1_000))
    .sign(keys.key)
  return { id, token, expiresAt: toIso(expiresAt) as string, expiresIn: keys.ttlS }
}

type SessionRow = { expires_at: Date | string; is_stale: boolean; principal: PrincipalRow | null }

/**
 * Who a session stands for; null when it is unknown, revoked, expired, or its user is gone.
 * @param lookUp how callers are found: `countingLookUp` counts the request with it
 */
export async function findSession(
  db: Queryable,
  id: string,
  lookUp: LookUp = plainLookUp(db),
): Promise<UserPrincipal | null> {
  const [row] = await lookUp<SessionRow>('select * from find_session($1)', [id])
  if (!row?.principal) return null
  if (row.is_stale) await db.query('select touch_session($1)', [id])
  return tokenPrincipal(row.principal, { sessionId: id, expiresAt: new Date(row.expires_at) })
}

/** Who a token of ours stands for; null for anything but a valid one of a live session. */
export async function verifySessionToken(
  db: Queryable,
  keys: SessionKeys,
  token: string,
  lookUp?: LookUp,
): Promise<UserPrincipal | null> {
  const verified = await jwtVerify(token, keys.key, {
    algorithms: ['HS256'],
    issuer: ISSUER,
    requiredClaims: ['sub', 'jti', 'exp'],
  }).catch(() => null)
  const { jti = '', sub } = verified?.payload ?? {}
  if (!isUuid(jti)) return null
  const principal = await findSession(db, jti, lookUp)
  return principal?.userId === sub ? principal : null
}

/**
 * A new session in place of one whose rights have just changed. The old one goes on for a minute, for what its browser has
 * under way.
 */
export async function renewSession(
  db: Queryable,
  keys: SessionKeys,
  old: { id: string; userId: string; ip: string; userAgent: string | null },
): Promise<NewSession> {
  const session = await createSession(db, keys, old)
  await db.query(
    `update sessions set expires_at = least(expires_at, now() + interval '1 minute')
     where id = $1 and revoked_at is null and expires_at > now()`,
    [old.id],
  )
  return session
}

/** Ends a session; false when it had ended before. */
export async function revokeSession(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'update sessions set revoked_at = now() where id = $1 and revoked_at is null',
    [id],
  )
  return rowCount === 1
}

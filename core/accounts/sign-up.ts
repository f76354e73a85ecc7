/** The ways to a new account with a password: signing up, by invitation or without, and setting up an installation. */
import type { PoolClient } from 'pg'
import type { User } from '../../schemas/types.ts'
import { SYSTEM } from '../access/reach.ts'
import { audit } from '../audit/audit.ts'
import type { Config } from '../platform/config.ts'
import type { Database, Queryable } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { queryableAs, transactionAs } from '../platform/reach.ts'
import { acceptInvitation } from '../teams/invitations.ts'
import { isEmail } from './email.ts'
import type { Passwords } from './passwords.ts'
import { findPerson, insertStarter } from './people.ts'
import { createSession, type NewSession, type SessionKeys } from './sessions.ts'
import { useSetupLink } from './setup.ts'
import { upgradeToCreator } from './upgrade.ts'

export type AccountDeps = {
  db: Database
  config: Config
  passwords: Passwords
  sessions: SessionKeys
}

/** Where a session is opened from. */
export type Origin = { address: string; userAgent: string | null }

export type LoggedIn = { session: NewSession; user: User }

export type Registration = { email: string; password: string; name?: string | null | undefined }

/** @throws {Problem} AUTHORIZATION_ERROR where accounts are another issuer's business */
export function requireLocalAccounts(config: Pick<Config, 'AUTH_LOCAL'>): void {
  if (!config.AUTH_LOCAL)
    throw new Problem('AUTHORIZATION_ERROR', 'this installation keeps no passwords: log in with its issuer')
}

function requireEmail(email: string): void {
  if (!isEmail(email))
    throw new Problem('VALIDATION_ERROR', 'email must be an address such as ada@studio.example')
}

const emailTaken = (): Problem => new Problem('CONFLICT', 'there is an account with this email already')

/** The account with its password and a first session. Everything in the caller's transaction. */
async function register(
  client: PoolClient,
  { config, sessions }: AccountDeps,
  { email, name }: Registration,
  passwordHash: string,
): Promise<{ userId: string; openSession(origin: Origin): Promise<LoggedIn> }> {
  const userId = await insertStarter(client, { email, name: name ?? null, credits: config.SIGNUP_CREDITS })
  if (!userId) throw emailTaken()
  await client.query('insert into user_credentials (user_id, password_hash) values ($1, $2)', [
    userId,
    passwordHash,
  ])
  await audit(client, {
    action: 'user.created',
    subjectType: 'user',
    subjectId: userId,
    teamId: null,
    actorId: userId,
  })
  return {
    userId,
    async openSession({ address, userAgent }) {
      const session = await createSession(client, sessions, { userId, ip: address, userAgent })
      return { session, user: (await findPerson(client, userId)) as User }
    },
  }
}

/** Whoever signs up with an invitation joins its team. Any fault of the token is the same to a stranger. */
async function joinByToken(
  client: PoolClient,
  { userId, email, token }: { userId: string; email: string; token: string },
): Promise<void> {
  try {
    await acceptInvitation(client, { token }, { userId, email })
  } catch (cause) {
    if (!(cause instanceof Problem)) throw cause
    throw new Problem('NOT_FOUND', 'no such invitation for this email', { cause })
  }
}

/** Known before the password is hashed, which is the costly part; the insert decides. */
async function requireFreeEmail(db: Queryable, email: string): Promise<void> {
  const { rowCount } = await db.query('select 1 from users where email = $1', [email])
  if (rowCount !== 0) throw emailTaken()
}

/**
 * Makes an account for whoever asks, as far as AUTH_LOCAL_SIGNUP lets them.
 * @throws {Problem} AUTHORIZATION_ERROR, VALIDATION_ERROR, NOT_FOUND for an invitation that does not fit, CONFLICT
 */
export async function signUp(
  deps: AccountDeps,
  request: Registration & { invitation_token?: string | null | undefined },
  origin: Origin,
): Promise<LoggedIn> {
  const { db, config, passwords } = deps
  requireLocalAccounts(config)
  if (config.AUTH_LOCAL_SIGNUP === 'off')
    throw new Problem('AUTHORIZATION_ERROR', 'nobody can sign up here; ask the operator for an account')
  const token = request.invitation_token || null
  if (config.AUTH_LOCAL_SIGNUP === 'invite' && !token)
    throw new Problem('AUTHORIZATION_ERROR', 'signing up takes an invitation here: send its invitation_token')
  requireEmail(request.email)
  await requireFreeEmail(queryableAs(db.pool, SYSTEM), request.email)
  const passwordHash = await passwords.hash(request.password)
  return transactionAs(db.pool, SYSTEM, async (client) => {
    const { userId, openSession } = await register(client, deps, request, passwordHash)
    if (token) await joinByToken(client, { userId, email: request.email, token })
    return openSession(origin)
  })
}

/**
 * Makes the first operator with the link that a new installation has printed.
 * @throws {Problem} NOT_FOUND for a link that is unknown, used or too old
 */
export async function setUp(
  deps: AccountDeps,
  request: Registration & { token: string },
  origin: Origin,
): Promise<LoggedIn> {
  requireLocalAccounts(deps.config)
  requireEmail(request.email)
  const passwordHash = await deps.passwords.hash(request.password)
  return transactionAs(deps.db.pool, SYSTEM, async (client) => {
    await useSetupLink(client, request.token)
    const { userId, openSession } = await register(client, deps, request, passwordHash)
    await client.query('update users set is_operator = true where id = $1', [userId])
    await upgradeToCreator(client, userId)
    return openSession(origin)
  })
}

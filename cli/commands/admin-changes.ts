/** Changes by an operator at the command line: one transaction each, which `--dry-run` takes back at the end. */
import type { Pool, PoolClient } from 'pg'
import { audit } from '../../core/audit/audit.ts'
import { type Queryable, transaction } from '../../core/platform/database.ts'
import { Problem } from '../../core/platform/errors.ts'
import { CliError, EXIT } from '../exit.ts'

export type DryRun = { dryRun?: boolean }

/** Carries the result out of a transaction that is taken back. */
class TakenBack<T> extends Error {
  readonly result: T
  constructor(result: T) {
    super('taken back')
    this.result = result
  }
}

/**
 * Runs a change. With `dryRun` all of it happens, so that every rule is asked, and is then taken back.
 * @throws {CliError} `refused` with the words of a rule that says no
 */
export async function change<T>(
  pool: Pool,
  { dryRun = false }: DryRun,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  try {
    return await transaction(pool, async (client) => {
      const result = await work(client)
      if (dryRun) throw new TakenBack(result)
      return result
    })
  } catch (error) {
    if (error instanceof TakenBack) return error.result as T
    if (error instanceof Problem) throw new CliError(EXIT.refused, error.message, undefined, error)
    throw error
  }
}

/** Notes in the audit trail what an operator did. */
export async function auditOperator(
  client: Queryable,
  entry: Omit<Parameters<typeof audit>[1], 'actorId' | 'actorKind'>,
): Promise<void> {
  await audit(client, { ...entry, actorId: null, actorKind: 'operator' })
}

/** `would be` or `is`: how a change is told. */
export const isOrWouldBe = ({ dryRun }: DryRun): string => (dryRun ? 'would be' : 'is')

export type FoundUser = { id: string; email: string; tier: 'starter' | 'creator'; is_operator: boolean }

/** A user by email. @throws {CliError} */
export async function findUser(db: Queryable, email: string): Promise<FoundUser> {
  const { rows } = await db.query<FoundUser>(
    `select id, email::text, tier, is_operator from users
     where email = $1 and id <> '00000000-0000-0000-0000-000000000000'`,
    [email],
  )
  if (rows[0]) return rows[0]
  throw new CliError(EXIT.refused, `There is no user ${email}.`, 'List them: framecast admin user list')
}

/**
 * The credit source that somebody means: a URN, a user's email or a team's slug.
 * @returns its URN and the team's id, if it is one
 * @throws {CliError}
 */
export async function findSource(
  db: Queryable,
  name: string,
): Promise<{ urn: string; teamId: string | null }> {
  const { rows } = await db.query<{ urn: string; team_id: string | null }>(
    `select 'framecast:user:' || id as urn, null::uuid as team_id from users
     where (email = $1 or 'framecast:user:' || id = lower($1)) and id <> '00000000-0000-0000-0000-000000000000'
     union all
     select 'framecast:team:' || id, id from teams where slug = $1 or 'framecast:team:' || id = lower($1)`,
    [name],
  )
  if (rows[0]) return { urn: rows[0].urn, teamId: rows[0].team_id }
  throw new CliError(
    EXIT.refused,
    `There is no user or team ${JSON.stringify(name)}.`,
    'Give an email address, the slug of a team, framecast:user:<id> or framecast:team:<id>.',
  )
}

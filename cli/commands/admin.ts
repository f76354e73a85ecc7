/** `framecast admin`: tasks of an operator, on the database itself. */
import pg from 'pg'
import { SCOPES, type Scope } from '../../core/access/principal.ts'
import { createApiKey, revokeApiKey } from '../../core/accounts/keys.ts'
import { ensureUserIn } from '../../core/accounts/users.ts'
import { ageSeconds } from '../../core/platform/age.ts'
import type { Queryable } from '../../core/platform/database.ts'
import { isUuid } from '../../core/platform/ids.ts'
import { OPERATOR_EMAIL } from '../../embedded/account.ts'
import { instanceEnvironment } from '../../embedded/environment.ts'
import { layoutOf } from '../../embedded/layout.ts'
import { findHolder } from '../../embedded/lock.ts'
import { keptPorts, type Ports } from '../../embedded/ports.ts'
import { readSecrets } from '../../embedded/secrets.ts'
import type { CommandContext } from '../context.ts'
import { CliError, EXIT } from '../exit.ts'
import { DEFAULT_DATA_DIR } from '../local.ts'
import { padEnd } from '../text.ts'
import { change, type DryRun, isOrWouldBe } from './admin-changes.ts'

export type AdminFlags = { data?: string; json?: boolean }

/** The environment when it names a database, else that of the private instance that runs in the data folder. */
export async function findEnvironment(
  flags: AdminFlags,
  env: CommandContext['env'],
): Promise<CommandContext['env']> {
  if ((env.DATABASE_OWNER_URL || env.DATABASE_URL) && !flags.data) return env
  const layout = layoutOf(flags.data ?? DEFAULT_DATA_DIR)
  const ports = await keptPorts(layout.ports)
  if (ports.postgres && (await findHolder(layout.lock))?.url) {
    return instanceEnvironment(env, layout, ports as Ports, await readSecrets(layout.secrets))
  }
  throw new CliError(
    EXIT.usage,
    'No database is named, and no instance runs here.',
    'Set DATABASE_URL, or start an instance with "framecast up" (and name its folder with --data).',
  )
}

async function findDatabase(flags: AdminFlags, env: CommandContext['env']): Promise<string> {
  const found = await findEnvironment(flags, env)
  return (found.DATABASE_OWNER_URL || found.DATABASE_URL) as string
}

/** Work on the database that the flags name. @throws {CliError} when there is none, or it does not answer */
export async function withPool<T>(
  flags: AdminFlags,
  { env }: CommandContext,
  work: (pool: pg.Pool) => Promise<T>,
): Promise<T> {
  const pool = new pg.Pool({
    connectionString: await findDatabase(flags, env),
    max: 2,
    connectionTimeoutMillis: 5_000,
    application_name: 'framecast-admin',
  })
  pool.on('error', () => {})
  try {
    await pool.query('select 1').catch((error: Error) => {
      throw new CliError(
        EXIT.unreachable,
        `The database cannot be reached (${error.message}).`,
        undefined,
        error,
      )
    })
    return await work(pool)
  } catch (error) {
    if ((error as { code?: string }).code === '42P01') {
      throw new CliError(
        EXIT.failed,
        'The database has no tables of this release.',
        'Run "npx just migrate" first.',
      )
    }
    throw error
  } finally {
    await pool.end()
  }
}

const EMAIL = /^[^@\s]+@[^@\s]+\.[^@\s]+$/
function checkEmail(email: string): string {
  if (EMAIL.test(email) && email.length <= 255) return email
  throw new CliError(EXIT.usage, `${JSON.stringify(email)} is no email address.`)
}

export async function userCreate(
  flags: AdminFlags & DryRun & { email: string; name?: string; operator?: boolean; credits?: number },
  context: CommandContext,
): Promise<void> {
  const email = checkEmail(flags.email)
  await withPool(flags, context, async (pool) => {
    const user = await change(pool, flags, (client) =>
      ensureUserIn(client, {
        email,
        name: flags.name ?? null,
        isOperator: flags.operator === true,
        ...(flags.credits === undefined ? {} : { credits: flags.credits }),
      }),
    )
    if (!user.created) throw new CliError(EXIT.refused, `There is a user ${email} already (${user.id}).`)
    context.terminal.out(
      flags.json
        ? JSON.stringify({ id: user.id, email, dry_run: flags.dryRun === true })
        : `User ${email} ${isOrWouldBe(flags)} made (${user.id}).`,
    )
  })
}

type UserRow = {
  id: string
  email: string
  name: string | null
  tier: string
  is_operator: boolean
  credits: number
  keys: number
}

export async function userList(flags: AdminFlags, context: CommandContext): Promise<void> {
  await withPool(flags, context, async (pool) => {
    const { rows } = await pool.query<UserRow>(
      `select u.id, u.email::text, u.name, u.tier, u.is_operator, u.credits,
         (select count(*)::int from api_keys k where k.user_id = u.id and k.revoked_at is null) as keys
       from users u where u.id <> '00000000-0000-0000-0000-000000000000' order by u.created_at, u.id limit 1000`,
    )
    for (const user of rows) {
      context.terminal.out(
        flags.json
          ? JSON.stringify(user)
          : `${user.id}  ${padEnd(user.email, 32)}  ${user.is_operator ? 'operator' : user.tier}  ${user.credits} credits, ${user.keys} keys`,
      )
    }
  })
}

function checkScopes(names: readonly string[]): Scope[] {
  for (const name of names) {
    if (!(SCOPES as readonly string[]).includes(name)) {
      throw new CliError(
        EXIT.usage,
        `There is no scope ${JSON.stringify(name)}; there are ${SCOPES.join(', ')}.`,
      )
    }
  }
  return names as Scope[]
}

async function userOf(pool: Queryable, email: string): Promise<string> {
  const { rows } = await pool.query<{ id: string }>('select id from users where email = $1', [email])
  if (rows[0]) return rows[0].id
  throw new CliError(
    EXIT.refused,
    `There is no user ${email}.`,
    `Make one: framecast admin user create --email ${email}`,
  )
}

/** Whom a key is for when nobody is named: a studio with one operator need not say who that is. */
async function onlyOperator(pool: Queryable): Promise<string> {
  const { rows } = await pool.query<{ id: string }>('select id from users where is_operator limit 2')
  if (rows.length === 1) return rows[0]!.id
  throw new CliError(
    EXIT.usage,
    rows.length === 0 ? 'There is no operator yet.' : 'There are several operators: say whom the key is for.',
    rows.length === 0 ? 'Make one: framecast admin seed' : 'framecast admin key create --email ADDRESS',
  )
}

/** Makes a key. The raw key is the only output, so that it can be put into a variable. */
export async function keyCreate(
  flags: AdminFlags & DryRun & { email?: string; name: string; scopes: string[] },
  context: CommandContext,
): Promise<void> {
  const scopes = checkScopes(flags.scopes)
  const email = flags.email === undefined ? null : checkEmail(flags.email)
  await withPool(flags, context, async (pool) => {
    const userId = email === null ? await onlyOperator(pool) : await userOf(pool, email)
    const key = await change(pool, flags, (client) =>
      createApiKey(client, { userId, name: flags.name, scopes }),
    )
    if (flags.dryRun) {
      context.terminal.out(flags.json ? JSON.stringify({ scopes, dry_run: true }) : 'A key would be made.')
      return
    }
    context.terminal.out(
      flags.json ? JSON.stringify({ id: key.id, raw_key: key.rawKey, scopes }) : key.rawKey,
    )
    context.terminal.err('This is the only time the key is shown.')
  })
}

export async function keyRevoke(
  id: string,
  flags: AdminFlags & DryRun,
  context: CommandContext,
): Promise<void> {
  if (!isUuid(id)) throw new CliError(EXIT.usage, `${JSON.stringify(id)} is no key id.`)
  await withPool(flags, context, async (pool) => {
    if (!(await change(pool, flags, (client) => revokeApiKey(client, id))))
      throw new CliError(EXIT.refused, 'There is no such key, or it is revoked already.')
    context.terminal.out(
      flags.json
        ? JSON.stringify({ id, revoked: !flags.dryRun, dry_run: flags.dryRun === true })
        : `Key ${id} ${isOrWouldBe(flags)} revoked.`,
    )
  })
}

/** The local operator, as a private instance has one, with a new key. */
export async function seed(flags: AdminFlags & DryRun, context: CommandContext): Promise<void> {
  await withPool(flags, context, async (pool) => {
    const { user, key } = await change(pool, flags, async (client) => {
      const made = await ensureUserIn(client, {
        email: OPERATOR_EMAIL,
        name: 'Local operator',
        isOperator: true,
      })
      return { user: made, key: await createApiKey(client, { userId: made.id, name: 'Seed', scopes: ['*'] }) }
    })
    if (flags.dryRun) {
      const text = user.created
        ? 'The operator and a key would be made.'
        : 'A key of the operator would be made.'
      context.terminal.out(flags.json ? JSON.stringify({ email: OPERATOR_EMAIL, dry_run: true }) : text)
      return
    }
    context.terminal.out(
      flags.json
        ? JSON.stringify({ user_id: user.id, email: OPERATOR_EMAIL, raw_key: key.rawKey })
        : key.rawKey,
    )
    context.terminal.err(`The key of ${OPERATOR_EMAIL}; this is the only time it is shown.`)
  })
}

/** `30d`, `12h`, `90m` in seconds. @throws {CliError} usage */
export function parseAge(text: string): number {
  const seconds = ageSeconds(text)
  if (seconds === null)
    throw new CliError(EXIT.usage, `${JSON.stringify(text)} is no age; write 30d, 12h or 90m.`)
  return seconds
}

export async function cleanup(
  flags: AdminFlags & { olderThan: string; dryRun?: boolean },
  context: CommandContext,
): Promise<void> {
  const olderThanS = parseAge(flags.olderThan)
  await withPool(flags, context, async (pool) => {
    const { cleanupJobs } = await import('../../core/jobs/cleanup.ts')
    const found = await cleanupJobs(pool, {
      olderThanS,
      dryRun: flags.dryRun === true,
      signal: context.signal,
    })
    if (flags.json) context.terminal.out(JSON.stringify({ ...found, dry_run: flags.dryRun === true }))
    else {
      const verb = flags.dryRun ? 'would be deleted' : 'deleted; workers remove their files'
      context.terminal.out(
        `${found.jobs} finished jobs older than ${flags.olderThan} ${verb} (${found.output_bytes} bytes of films).`,
      )
    }
  })
}

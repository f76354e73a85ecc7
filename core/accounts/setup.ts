/** Links that make the first account of an installation: there is no default password to change. */
import type { Pool } from 'pg'
import type { Config } from '../platform/config.ts'
import { type Queryable, transaction } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import type { Logger } from '../platform/log.ts'
import { hashToken, newToken } from '../platform/signing.ts'

/** One set-up at a time, so that a link is used once and there is one first operator. */
const SETUP_LOCK = 0x73657475 // "setu"

/** Whether nobody has an account yet; the stand-in for deleted users does not count. */
async function isEmpty(client: Queryable): Promise<boolean> {
  const { rows } = await client.query(
    `select 1 from users where id <> '00000000-0000-0000-0000-000000000000' limit 1`,
  )
  return rows.length === 0
}

/**
 * Makes a link for the first operator, good for a day and for one use.
 * @param pool that sees every row
 * @returns the link, whose token is kept nowhere else; null when there are accounts already, or passwords are not kept here
 */
export async function createSetupLink(
  pool: Pool,
  config: Pick<Config, 'APP_BASE_URL' | 'AUTH_LOCAL'>,
): Promise<string | null> {
  if (!config.AUTH_LOCAL) return null
  return transaction(pool, async (client) => {
    if (!(await isEmpty(client))) return null
    const token = newToken()
    await client.query(
      `insert into setup_links (token_hash, expires_at) values ($1, now() + interval '1 day')`,
      [hashToken(token)],
    )
    // In the fragment, browsers keep it to themselves.
    return `${config.APP_BASE_URL}/setup#${token}`
  })
}

/** Tells whoever starts an installation, in the log and in a line of its own. It is the one secret that a log may hold. */
export function announceSetupLink(link: string, log: Logger): void {
  log.info(
    { setup_url: link },
    'nobody has an account yet: this link makes the first operator, once, within a day',
  )
  process.stderr.write(
    `\nNobody has an account yet. Make the first operator here, within a day:\n  ${link}\n\n`,
  )
}

/**
 * Uses a link up, and with it every other one.
 * @param client of the transaction that makes the first operator
 * @throws {Problem} NOT_FOUND
 */
export async function useSetupLink(client: Queryable, token: string): Promise<void> {
  await client.query('select pg_advisory_xact_lock($1)', [SETUP_LOCK])
  if (!(await isEmpty(client)))
    throw new Problem(
      'NOT_FOUND',
      'this studio already has an operator, so that its set-up link does nothing',
      {
        reason: 'set_up',
      },
    )
  const { rowCount } = await client.query(
    'delete from setup_links where token_hash = $1 and expires_at > now()',
    [hashToken(token)],
  )
  if (rowCount !== 1) throw new Problem('NOT_FOUND', 'this set-up link is unknown, used or older than a day')
  await client.query('delete from setup_links')
}

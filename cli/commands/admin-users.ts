/** `framecast admin user`: accounts, as an operator sees them. */
import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { deleteAccountRows } from '../../core/accounts/deletion.ts'
import { createPasswords } from '../../core/accounts/passwords.ts'
import { upgradeToCreator } from '../../core/accounts/upgrade.ts'
import type { CommandContext } from '../context.ts'
import { CliError, EXIT } from '../exit.ts'
import { type AdminFlags, withPool } from './admin.ts'
import { auditOperator, change, type DryRun, findUser, isOrWouldBe } from './admin-changes.ts'

type UserFlags = AdminFlags & DryRun & { email: string }

const MIN_PASSWORD = 10
const MAX_PASSWORD = 200

/** The first line of standard input, or a new password of 24 letters and digits. @throws {CliError} usage */
async function takePassword(fromInput: boolean): Promise<{ password: string; isMade: boolean }> {
  if (!fromInput) return { password: randomBytes(18).toString('base64url'), isMade: true }
  const password = (await text(process.stdin)).split('\n')[0]?.replace(/\r$/, '') ?? ''
  const length = [...password].length
  if (length < MIN_PASSWORD || length > MAX_PASSWORD) {
    throw new CliError(
      EXIT.usage,
      `A password has ${MIN_PASSWORD} to ${MAX_PASSWORD} characters; this one has ${length}.`,
    )
  }
  return { password, isMade: false }
}

/** Makes a starter a creator with a first team, and with `operator` somebody who may run the installation. */
export async function userPromote(
  flags: UserFlags & { operator?: boolean },
  context: CommandContext,
): Promise<void> {
  await withPool(flags, context, async (pool) => {
    const result = await change(pool, flags, async (client) => {
      const user = await findUser(client, flags.email)
      const upgraded = await upgradeToCreator(client, user.id)
      const madeOperator = flags.operator === true && !user.is_operator
      if (madeOperator) {
        await client.query('update users set is_operator = true where id = $1', [user.id])
        await auditOperator(client, {
          action: 'user.promoted',
          subjectType: 'user',
          subjectId: user.id,
          teamId: null,
          details: { is_operator: true },
        })
      }
      if (!upgraded && !madeOperator)
        throw new CliError(EXIT.refused, `${user.email} is all of that already.`)
      return { id: user.id, email: user.email, upgraded, operator: madeOperator }
    })
    const what = [result.upgraded ? 'a creator' : '', result.operator ? 'an operator' : ''].filter(Boolean)
    context.terminal.out(
      flags.json
        ? JSON.stringify({ ...result, dry_run: flags.dryRun === true })
        : `${result.email} ${isOrWouldBe(flags)} ${what.join(' and ')} now.`,
    )
  })
}

/** Sets a password and ends all sessions. A new password is printed this once; one from standard input is not. */
export async function userResetPassword(
  flags: UserFlags & { passwordStdin?: boolean },
  context: CommandContext,
): Promise<void> {
  const { password, isMade } = await takePassword(flags.passwordStdin === true)
  const hash = await createPasswords().hash(password)
  await withPool(flags, context, async (pool) => {
    const { user, sessions } = await change(pool, flags, async (client) => {
      const found = await findUser(client, flags.email)
      await client.query(
        `insert into user_credentials (user_id, password_hash) values ($1, $2)
         on conflict (user_id) do update set password_hash = excluded.password_hash, password_changed_at = now()`,
        [found.id, hash],
      )
      const ended = await client.query(
        'update sessions set revoked_at = now() where user_id = $1 and revoked_at is null',
        [found.id],
      )
      await client.query('delete from login_failures where key = $1', [found.email.toLowerCase()])
      await auditOperator(client, {
        action: 'user.password_reset',
        subjectType: 'user',
        subjectId: found.id,
        teamId: null,
        details: { sessions_ended: ended.rowCount },
      })
      return { user: found, sessions: ended.rowCount ?? 0 }
    })
    const shown = isMade && !flags.dryRun ? password : null
    if (flags.json) {
      context.terminal.out(
        JSON.stringify({
          id: user.id,
          email: user.email,
          sessions_ended: sessions,
          ...(shown === null ? {} : { password: shown }),
          dry_run: flags.dryRun === true,
        }),
      )
      return
    }
    if (shown !== null) context.terminal.out(shown)
    context.terminal.err(
      `The password of ${user.email} ${isOrWouldBe(flags)} changed, and ${sessions} sessions ended.${shown === null ? '' : ' This is the only time it is shown.'}`,
    )
  })
}

/** Deletes an account, as its owner may: refused while it is the only owner of a team. */
export async function userDelete(flags: UserFlags, context: CommandContext): Promise<void> {
  await withPool(flags, context, async (pool) => {
    const result = await change(pool, flags, async (client) => {
      const user = await findUser(client, flags.email)
      const { jobsCanceled } = await deleteAccountRows(client, user.id, null)
      return { id: user.id, email: user.email, jobs_canceled: jobsCanceled }
    })
    context.terminal.out(
      flags.json
        ? JSON.stringify({ ...result, dry_run: flags.dryRun === true })
        : `${result.email} ${isOrWouldBe(flags)} deleted; ${result.jobs_canceled} renders canceled. Personal films and files go after 30 days.`,
    )
  })
}

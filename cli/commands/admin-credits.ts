/** `framecast admin credits`: what an operator gives, and whether the books agree. */
import { checkBooks } from '../../core/invariants/check.ts'
import { balanceOf, grant } from '../../core/jobs/credits.ts'
import { toIso } from '../../core/platform/database.ts'
import type { CommandContext } from '../context.ts'
import { CliError, EXIT } from '../exit.ts'
import { padEnd } from '../text.ts'
import { type AdminFlags, withPool } from './admin.ts'
import { auditOperator, change, type DryRun, findSource, isOrWouldBe } from './admin-changes.ts'
import { report } from './invariants.ts'

const MAX_ENTRIES = 20

/** Gives credits to a person or a team. */
export async function creditsGrant(
  to: string,
  amount: number,
  flags: AdminFlags & DryRun & { note?: string },
  context: CommandContext,
): Promise<void> {
  await withPool(flags, context, async (pool) => {
    const result = await change(pool, flags, async (client) => {
      const { urn, teamId } = await findSource(client, to)
      await grant(client, urn, amount, flags.note ?? null)
      await auditOperator(client, {
        action: 'credits.granted',
        subjectType: 'credits',
        subjectId: urn,
        teamId,
        details: { amount, ...(flags.note === undefined ? {} : { note: flags.note }) },
      })
      return { urn, amount, balance: await balanceOf(client, urn) }
    })
    context.terminal.out(
      flags.json
        ? JSON.stringify({ ...result, dry_run: flags.dryRun === true })
        : `${amount} credits: the balance of ${result.urn} ${isOrWouldBe(flags)} ${result.balance}.`,
    )
  })
}

type Entry = {
  kind: string
  amount: number
  moves_balance: boolean
  note: string | null
  job_id: string | null
  created_at: Date
}

/** The balance of a person or a team, with its newest entries. */
export async function creditsBalance(of: string, flags: AdminFlags, context: CommandContext): Promise<void> {
  await withPool(flags, context, async (pool) => {
    const { urn } = await findSource(pool, of)
    const balance = await balanceOf(pool, urn)
    const { rows } = await pool.query<Entry>(
      `select kind, amount, moves_balance, note, job_id, created_at from credit_entries
       where source = $1 order by created_at desc, id desc limit ${MAX_ENTRIES}`,
      [urn],
    )
    const entries = rows.map((row) => ({ ...row, created_at: toIso(row.created_at) }))
    if (flags.json) {
      context.terminal.out(JSON.stringify({ urn, balance, entries }))
      return
    }
    context.terminal.out(`${urn}: ${balance} credits`)
    for (const { kind, amount, moves_balance, note, job_id, created_at } of entries) {
      const sign = kind === 'grant' || kind === 'refund' ? '+' : '-'
      const what = note ?? (job_id ? `job ${job_id}` : '')
      context.terminal.out(
        `  ${created_at}  ${padEnd(kind, 8)} ${sign}${amount}${moves_balance ? '' : ' (recorded only)'}  ${what}`.trimEnd(),
      )
    }
  })
}

/** Compares every balance, job and usage counter with the entries. Exit code 1 when something does not agree. */
export async function creditsAudit(flags: AdminFlags, context: CommandContext): Promise<void> {
  await withPool(flags, context, async (pool) => {
    const broken = await checkBooks(pool, context.signal)
    if (broken === null)
      throw new CliError(
        EXIT.failed,
        'Another process looks at the books right now.',
        'Try again in a minute.',
      )
    if (broken.length === 0 && !flags.json) context.terminal.out('The books agree.')
    else report(broken, flags, context.terminal)
    if (broken.length > 0) throw new CliError(EXIT.failed, 'The books do not agree.')
  })
}

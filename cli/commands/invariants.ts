/** `framecast admin invariants check`. */
import { checkInvariants, type InvariantResult } from '../../core/invariants/check.ts'
import type { CommandContext } from '../context.ts'
import { CliError, EXIT } from '../exit.ts'
import { type AdminFlags, withPool } from './admin.ts'

/** Prints results, and gives back those that are broken. */
export function report(
  results: readonly InvariantResult[],
  flags: AdminFlags & { all?: boolean },
  terminal: CommandContext['terminal'],
): InvariantResult[] {
  const broken = results.filter((result) => result.violations.length > 0)
  if (flags.json) {
    terminal.out(JSON.stringify({ rules: results.length, broken }))
    return broken
  }
  for (const { rule, text, violations, more } of flags.all ? results : broken) {
    terminal.out(`${violations.length === 0 ? 'holds ' : 'BROKEN'}  ${rule}  ${text}`)
    for (const { id, detail } of violations) terminal.out(`          ${id}  ${detail}`.trimEnd())
    if (more) terminal.out('          and more')
  }
  if (broken.length === 0) terminal.out(`All ${results.length} rules hold.`)
  return broken
}

/** Prints every rule that is broken and where; with `all` also those that hold. */
export async function invariantsCheck(
  flags: AdminFlags & { all?: boolean },
  context: CommandContext,
): Promise<void> {
  const { terminal, env } = context
  await withPool(flags, context, async (pool) => {
    const results = await checkInvariants(pool, {
      allowInsecureWebhooks: env.WEBHOOK_ALLOW_INSECURE === 'true',
    })
    const broken = report(results, flags, terminal)
    if (broken.length > 0)
      throw new CliError(EXIT.failed, `${broken.length} of ${results.length} rules are broken.`)
  })
}

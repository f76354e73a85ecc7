/** `framecast admin engines`: servers taken out of service and put back. */
import { drainHost, resumeHost } from '../../core/engines/service.ts'
import type { CommandContext } from '../context.ts'
import { CliError, EXIT } from '../exit.ts'
import { type AdminFlags, withPool } from './admin.ts'
import { change, type DryRun, isOrWouldBe } from './admin-changes.ts'

async function changeEngine(
  slug: string,
  flags: AdminFlags & DryRun,
  context: CommandContext,
  drained: boolean,
): Promise<void> {
  await withPool(flags, context, async (pool) => {
    const work = drained ? drainHost : resumeHost
    if (!(await change(pool, flags, (client) => work(client, slug, null))))
      throw new CliError(EXIT.refused, `There is no engine ${slug}.`, '"framecast engines" lists them.')
    const done = drained ? 'drained: it finishes what it has' : 'resumed'
    context.terminal.out(
      flags.json
        ? JSON.stringify({ slug, drain: drained, dry_run: flags.dryRun === true })
        : `Engine ${slug} ${isOrWouldBe(flags)} ${done}.`,
    )
  })
}

export const enginesDrain = (
  slug: string,
  flags: AdminFlags & DryRun,
  context: CommandContext,
): Promise<void> => changeEngine(slug, flags, context, true)

export const enginesResume = (
  slug: string,
  flags: AdminFlags & DryRun,
  context: CommandContext,
): Promise<void> => changeEngine(slug, flags, context, false)

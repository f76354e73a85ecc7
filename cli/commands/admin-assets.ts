/** `framecast admin assets`: the sounds that come with Framecast. */
import { expireUploads } from '../../core/assets/expiry.ts'
import { type SeedProgress, seedSystemAssets } from '../../core/assets/seed.ts'
import { sweepObjects } from '../../core/assets/sweep.ts'
import { ConfigError, readConfig } from '../../core/platform/config.ts'
import { FfmpegError, findTools } from '../../core/platform/ffmpeg.ts'
import { ObjectStoreError } from '../../core/platform/objects.ts'
import { openStore, openSystemStore } from '../../core/platform/store.ts'
import type { CommandContext } from '../context.ts'
import { CliError, EXIT } from '../exit.ts'
import { secondsText } from '../text.ts'
import { startLive } from '../view/live.ts'
import { type AdminFlags, findEnvironment, withPool } from './admin.ts'
import { change } from './admin-changes.ts'

export type SeedFlags = AdminFlags & { dryRun?: boolean }

const WORDS = { stored: 'made', updated: 'listed anew', unchanged: 'there already' } as const

/** How far it is, drawn in place on a terminal; elsewhere a line for each sound that was not there. */
function showProgress({ screen, err, errPalette }: CommandContext['terminal']) {
  let now: SeedProgress | null = null
  const live = screen
    ? startLive(screen, () => (now ? [`sounds ${now.done}/${now.total}  ${errPalette.dim(now.id)}`] : []))
    : null
  return {
    on(progress: SeedProgress): void {
      now = progress
      if (!live && progress.outcome !== 'unchanged')
        err(`${progress.done}/${progress.total} ${progress.id} ${WORDS[progress.outcome]}`)
    },
    stop: () => live?.stop(false),
  }
}

/** @throws {CliError} with the way out, where the fault is one of the surroundings */
function explain(error: unknown): unknown {
  if (error instanceof ConfigError) return new CliError(EXIT.usage, error.message, undefined, error)
  if (error instanceof FfmpegError && !error.aborted)
    return new CliError(
      EXIT.failed,
      `The sounds cannot be encoded: ${error.message}`,
      'ffmpeg needs the encoder libopus; "framecast doctor" says which ffmpeg is used.',
      error,
    )
  if (error instanceof ObjectStoreError)
    return new CliError(
      EXIT.unreachable,
      `The object store cannot be used (${error.message}).`,
      undefined,
      error,
    )
  return error
}

export async function seedAssets(flags: SeedFlags, context: CommandContext): Promise<void> {
  const { terminal, signal } = context
  const begun = performance.now()
  const dryRun = flags.dryRun === true
  const env = await findEnvironment(flags, context.env)
  const progress = showProgress(terminal)
  try {
    const config = readConfig(env)
    const store = openSystemStore(config)
    const tools = await findTools(env)
    const result = await withPool(flags, context, async (pool) => {
      if (!dryRun) await store.ensureBucket()
      return seedSystemAssets({ pool, store, tools, signal, dryRun, onProgress: progress.on })
    })
    progress.stop()
    const { stored, updated, unchanged } = result
    if (flags.json) {
      terminal.out(JSON.stringify({ ...result, dry_run: dryRun }))
      return
    }
    const verbs = dryRun ? ['would be made', 'would be listed anew'] : [WORDS.stored, WORDS.updated]
    const took = secondsText((performance.now() - begun) / 1_000)
    terminal.out(
      `${stored.length} sounds ${verbs[0]}, ${updated.length} ${verbs[1]}, ${unchanged.length} ${WORDS.unchanged} (${took}).`,
    )
  } catch (error) {
    progress.stop()
    signal.throwIfAborted()
    throw explain(error)
  }
}

/** Ends uploads that nobody confirmed, and leaves objects that no row names to the workers. */
export async function sweepAssets(flags: SeedFlags, context: CommandContext): Promise<void> {
  const env = await findEnvironment(flags, context.env)
  try {
    const store = openStore(readConfig(env))
    await withPool(flags, context, async (pool) => {
      const result = await change(pool, flags, async (client) => {
        const orphans = await sweepObjects(client, store, {
          remove: true,
          now: Date.now(),
          signal: context.signal,
        })
        return { ...(await expireUploads(client)), orphans }
      })
      if (flags.json) {
        context.terminal.out(JSON.stringify({ ...result, dry_run: flags.dryRun === true }))
        return
      }
      for (const folder of result.orphans) context.terminal.out(folder)
      const verb = flags.dryRun ? 'would be' : 'were'
      context.terminal.out(
        `${result.failed} uploads ${verb} ended, ${result.forgotten} forgotten, ${result.orphans.length} folders without a row ${verb} left to the workers.`,
      )
    })
  } catch (error) {
    throw explain(error)
  }
}

/** `framecast engines`: the servers that render, as workers see them. */
import type { Engine } from '../../schemas/types.ts'
import type { CommandContext } from '../context.ts'
import { tableLines } from '../table.ts'
import { openTarget, type TargetOptions } from '../target.ts'
import { bytesText } from '../text.ts'

const READ_PATIENCE_MS = 5_000

/** One server as a row of the table. Pure. */
function engineRow({ slug, drain, concurrency, in_use, loaded, health }: Engine): string[] {
  const { queue_running, queue_pending, vram_free, vram_total } = health
  return [
    slug,
    drain ? `${health.state}, drained` : health.state,
    `${in_use} of ${concurrency}`,
    queue_running === null ? '-' : `${queue_running} + ${queue_pending ?? 0}`,
    vram_total === null ? '-' : `${bytesText(vram_free ?? 0)} of ${bytesText(vram_total)}`,
    health.version ?? '-',
    loaded[0] ?? '-',
    health.last_error ?? '',
  ]
}

export async function engines(
  flags: TargetOptions & { json?: boolean },
  { terminal, env, signal }: CommandContext,
): Promise<void> {
  const { api } = await openTarget({ ...flags, embedded: false }, env, terminal, signal)
  const found = await api.ask((client, signal) => client.GET('/v1/engines', { signal }), {
    patienceMs: READ_PATIENCE_MS,
    signal,
  })
  if (flags.json) {
    for (const engine of found) terminal.out(JSON.stringify(engine))
    return
  }
  if (found.length === 0) {
    terminal.err('No engines: no worker has looked at one yet.')
    return
  }
  const head = ['Engine', 'State', 'Scenes', 'Queue', 'VRAM free', 'Version', 'Loaded', 'Last error']
  for (const line of tableLines(head, found.map(engineRow))) terminal.out(line)
}

/** `framecast workflows`: what is installed, what is offered, where it runs, and what `default` means. */
import { defaultFor, defaultOf } from '../../core/workflows/default.ts'
import { freshHostFacts, type HostFacts, isKnown, lackOf } from '../../core/workflows/host-facts.ts'
import { withheldReason } from '../../core/workflows/offer.ts'
import { requirementsOf } from '../../core/workflows/requirements.ts'
import { longestSceneS } from '../../core/workflows/scene-fit.ts'
import type { WorkflowTemplate } from '../../core/workflows/types.ts'
import type { CommandContext } from '../context.ts'
import { CliError, EXIT } from '../exit.ts'
import { type Library, openLibrary } from '../library.ts'
import { tableLines } from '../table.ts'
import { bytesText } from '../text.ts'
import { withPool } from './admin.ts'

export type WorkflowsFlags = { data?: string; json?: boolean; all?: boolean; vram?: number; ram?: number }

const GB = 1e9

/** A card that somebody thinks of, for "what would `default` be on it". */
const imagined = (vramGb: number, ramGb: number | undefined): HostFacts => ({
  key: '',
  label: `a card of ${vramGb} GB`,
  version: null,
  vramTotalBytes: vramGb * GB,
  ramTotalBytes: ramGb === undefined ? null : ramGb * GB,
  workflows: {},
})

/** What workers recorded about the servers; none where no database is at hand, which is no failure. */
async function knownHosts(flags: WorkflowsFlags, context: CommandContext): Promise<HostFacts[]> {
  try {
    return await withPool(flags, context, (pool) => freshHostFacts(pool, 'comfyui'))
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    if (error.exitCode !== EXIT.usage) context.terminal.err(`Servers are left out: ${error.message}`)
    return []
  }
}

function describe(template: WorkflowTemplate, { settings }: Library, hosts: readonly HostFacts[]) {
  const { vramGb, ramGb, diskBytes, licences, unlisted } = requirementsOf(template)
  const reason = withheldReason(template, settings)
  return {
    slug: template.slug,
    name: template.name,
    category: template.category,
    engine: template.engine,
    offered: reason === null,
    ...(reason === null ? {} : { reason }),
    licences: licences.map(({ id, restricted }) => ({
      id,
      restricted,
      accepted: !restricted || settings.ACCEPTED_LICENCES.includes(id),
    })),
    unlisted_models: unlisted,
    vram_gb: vramGb,
    ram_gb: ramGb,
    disk_bytes: diskBytes,
    longest_scene_s: longestSceneS(template),
    custom_nodes: (template.custom_nodes ?? []).map(({ name }) => name),
    hosts: hosts
      .filter((host) => isKnown(host, template))
      .map((host) => {
        const lack = lackOf(host, template)
        return { host: host.label, able: lack === null, ...(lack === null ? {} : { lack }) }
      }),
  }
}

type Description = ReturnType<typeof describe>

/** Whether it can be used, in a word; the reasons are listed below the table. */
function stateOf({ offered, hosts }: Description): string {
  if (!offered) return 'not offered'
  if (hosts.length === 0) return 'offered'
  const able = hosts.filter((host) => host.able)
  return able.length === 0 ? 'on no server' : `on ${able.map(({ host }) => host).join(', ')}`
}

export async function workflows(flags: WorkflowsFlags, context: CommandContext): Promise<void> {
  const { terminal, env } = context
  const library = await openLibrary(env)
  const hosts = await knownHosts(flags, context)
  const all = [...library.templates.values()].map((template) => describe(template, library, hosts))
  const templates = [...library.templates.values()]
  const { settings } = library
  const chosen =
    flags.vram !== undefined
      ? defaultFor(templates, settings, imagined(flags.vram, flags.ram))
      : settings.DEFAULT_WORKFLOW
        ? { slug: settings.DEFAULT_WORKFLOW, reason: 'the operator says so (DEFAULT_WORKFLOW)' }
        : defaultOf(templates, settings, hosts)
  if (flags.json) {
    terminal.out(
      JSON.stringify({
        mode: settings.FRAMECAST_MODE,
        default: { slug: chosen.slug, reason: chosen.reason },
        workflows: all,
      }),
    )
    return
  }
  const shown = flags.all ? all : all.filter(({ offered }) => offered)
  const rows = shown.map((one) => [
    one.slug,
    one.category,
    one.vram_gb === null ? '?' : one.vram_gb === 0 ? '-' : `${one.vram_gb} GB`,
    one.disk_bytes === 0 ? '-' : bytesText(one.disk_bytes),
    one.licences.map(({ id }) => id).join(', ') || '-',
    stateOf(one),
  ])
  for (const line of tableLines(['workflow', 'makes', 'VRAM', 'disk', 'licence', 'state'], rows, [2, 3]))
    terminal.out(line)
  terminal.out('')
  terminal.out(`default: ${chosen.slug} (${chosen.reason})`)
  const reasons = Map.groupBy(
    shown.filter(({ offered }) => !offered),
    ({ reason }) => reason,
  )
  for (const [reason, those] of reasons)
    terminal.out(`not offered: ${those.map(({ slug }) => slug).join(', ')}: ${reason}`)
  const hidden = all.length - shown.length
  if (hidden > 0) terminal.err(`${hidden} more are not offered here; --all shows them and why.`)
}

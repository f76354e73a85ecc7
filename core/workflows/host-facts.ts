/**
 * What workers found out about the servers of an engine, kept in a table so that a job that no server can render is
 * refused before it is queued.
 */
import type { Queryable } from '../platform/database.ts'

/** What a server lacks for one workflow; nothing listed means that it can run it. */
export type WorkflowFit = {
  /** Of the template that was looked at: another release of it may need something else. */
  readonly digest: string
  readonly missing_nodes: readonly string[]
  readonly missing_models: readonly string[]
  /** Release that is needed when the server's own is older. */
  readonly needs_version: string | null
}

export type HostFacts = {
  /** Made from the address. */
  readonly key: string
  /** `host:port`, for people. */
  readonly label: string
  readonly version: string | null
  readonly vramTotalBytes: number | null
  readonly ramTotalBytes: number | null
  /** By slug. */
  readonly workflows: Readonly<Record<string, WorkflowFit>>
}

/** Older facts say nothing: models come and go. Workers look every minute. */
const FRESH_S = 300

export async function storeHostFacts(
  pg: Queryable,
  engine: string,
  facts: readonly HostFacts[],
): Promise<void> {
  for (const { key, label, version, vramTotalBytes, ramTotalBytes, workflows } of facts)
    await pg.query(
      `insert into engine_hosts (engine, key, label, version, vram_total_bytes, ram_total_bytes, workflows)
       values ($1, $2, $3, $4, $5, $6, $7::jsonb)
       on conflict (engine, key) do update set label = excluded.label, version = excluded.version,
         vram_total_bytes = excluded.vram_total_bytes, ram_total_bytes = excluded.ram_total_bytes,
         workflows = excluded.workflows, checked_at = now()`,
      [engine, key, label, version, vramTotalBytes, ramTotalBytes, JSON.stringify(workflows)],
    )
}

/** Facts that are fresh enough to act on, by label. */
export async function freshHostFacts(pg: Queryable, engine: string): Promise<HostFacts[]> {
  const { rows } = await pg.query<{
    key: string
    label: string
    version: string | null
    vram: string | null
    ram: string | null
    workflows: Record<string, WorkflowFit>
  }>(
    `select key, label, version, vram_total_bytes as vram, ram_total_bytes as ram, workflows from engine_hosts
     where engine = $1 and checked_at > now() - make_interval(secs => $2) order by label`,
    [engine, FRESH_S],
  )
  return rows.map(({ vram, ram, ...row }) => ({
    ...row,
    vramTotalBytes: vram === null ? null : Number(vram),
    ramTotalBytes: ram === null ? null : Number(ram),
  }))
}

/** What one server lacks for a workflow, in words; null when it can run it, or when nothing is known. */
export function lackOf(host: HostFacts, template: { slug: string; digest: string }): string | null {
  const fit = host.workflows[template.slug]
  if (!fit || fit.digest !== template.digest) return null
  const { missing_nodes: nodes, missing_models: models, needs_version: version } = fit
  const parts = [
    ...(version === null ? [] : [`runs ComfyUI ${host.version}, ${version} or newer is needed`]),
    ...(nodes.length === 0 ? [] : [`has no node ${nodes.join(', ')}`]),
    ...(models.length === 0 ? [] : [`does not have the model ${models.join(', ')}`]),
  ]
  return parts.length === 0 ? null : `${host.label} ${parts.join(', and ')}`
}

/** True when a server was looked at for this very template. */
export const isKnown = (host: HostFacts, template: { slug: string; digest: string }): boolean =>
  host.workflows[template.slug]?.digest === template.digest

/** The servers of one engine: who they are, how they do, and which takes the next scene. */
import { createHash } from 'node:crypto'
import type { ServerStats } from '../../comfyui/client/api.ts'
import { type ComfyClient, createComfyClient } from '../../comfyui/client/client.ts'
import { ComfyError, isUnreachable } from '../../comfyui/client/errors.ts'
import { parseTarget } from '../../comfyui/client/http.ts'
import type { ComfyLimits } from '../../comfyui/client/limits.ts'
import { atLeast } from '../../comfyui/client/version.ts'
import type { ConfiguredHost, HostProbe } from '../../core/engines/hosts.ts'
import type { HostFacts, WorkflowFit } from '../../core/workflows/host-facts.ts'
import { holds, requirementsOf } from '../../core/workflows/requirements.ts'
import type { WorkflowTemplate } from '../../core/workflows/types.ts'
import { packOf } from './catalogue.ts'
import { type ModelMatch, matchModels, namesModels } from './comfyui-models.ts'
import type { EngineHealth } from './engine.ts'

export type Host = ConfiguredHost & {
  readonly client: ComfyClient
  inFlight: number
}

export type HostsOptions = {
  kind: string
  urls: readonly string[]
  limits: Partial<ComfyLimits>
  /** Scenes that each server takes at once. */
  places: number
}

/** Servers with a key made from the address, so that a stored remote id finds its server whatever the order of the list. */
export function createHosts({ kind, urls, limits, places }: HostsOptions): Host[] {
  const hosts = new Map<string, Host>()
  for (const url of urls) {
    const { origin, basePath, label } = parseTarget(url)
    const key = createHash('sha256').update(`${origin}${basePath}`).digest('hex').slice(0, 12)
    if (hosts.has(key)) continue
    const name = `${kind}-${label}`
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .slice(0, 60)
    // Two servers behind one proxy differ in their paths only.
    const taken = urls.filter((other) => parseTarget(other).label === label).length > 1
    const slug = taken ? `${name}-${key.slice(0, 4)}` : name
    hosts.set(key, { key, label, slug, places, client: createComfyClient({ url, limits }), inFlight: 0 })
  }
  return [...hosts.values()]
}

export const remoteIdOf = (host: Host, promptId: string): string => `${host.key}/${promptId}`

/** The server and prompt of a stored remote id; null when the server is not configured any more. */
export function findRemote(
  hosts: readonly Host[],
  remoteId: string,
): { host: Host; promptId: string } | null {
  const slash = remoteId.indexOf('/')
  const host = hosts.find(({ key }) => key === remoteId.slice(0, slash))
  return host && slash > 0 ? { host, promptId: remoteId.slice(slash + 1) } : null
}

/** How a server stands to a workflow. */
export type Inspection = {
  readonly version: string | null
  readonly tooOld: boolean
  readonly missingNodes: readonly string[]
  readonly models: ModelMatch
  /** Package of a node class, null for ComfyUI's own, undefined when the server does not know it. */
  readonly packOf: (classType: string) => string | null | undefined
}

/** @throws {ComfyError | TransportError} when the server does not answer */
export async function inspect(
  { client: { api } }: Host,
  template: WorkflowTemplate,
  version: string | null,
  signal: AbortSignal,
): Promise<Inspection> {
  const infos = new Map<string, Record<string, unknown> | null>()
  for (const classType of template.requires) infos.set(classType, await api.nodeInfo(classType, signal))
  const infoOf = (classType: string): Record<string, unknown> | null => infos.get(classType) ?? null
  return {
    version,
    tooOld: Boolean(template.min_version && version !== null && !atLeast(version, template.min_version)),
    missingNodes: template.requires.filter((classType) => infoOf(classType) === null),
    models: matchModels(template.graph, infoOf),
    packOf: (classType) => {
      const info = infos.get(classType)
      return info ? packOf(info) : undefined
    },
  }
}

/** A card with less memory than the workflow is known to run with; it may still manage, slowly. */
function isCramped(template: WorkflowTemplate, { vramTotalBytes, deviceType }: ServerStats): boolean {
  const { vramGb } = requirementsOf(template)
  if (vramGb === null || vramTotalBytes === null || deviceType === 'cpu') return false
  return !holds(vramTotalBytes, vramGb)
}

/** Why a server cannot run a workflow; null when it can. */
export function lackError(
  { label }: Host,
  template: WorkflowTemplate,
  { tooOld, version, missingNodes, models }: Inspection,
): ComfyError | null {
  const permanent = { retryable: false }
  if (tooOld)
    return new ComfyError(
      'missing_node',
      `${label} runs ComfyUI ${version}; "${template.slug}" needs ${template.min_version} or newer.`,
      permanent,
    )
  if (missingNodes.length > 0)
    return new ComfyError(
      'missing_node',
      `${label} has no node ${missingNodes.map((name) => `"${name}"`).join(', ')}.`,
      permanent,
    )
  if (models.missing.length > 0)
    return new ComfyError(
      'missing_model',
      `${label} does not have the model ${models.missing.join(', ')}.`,
      permanent,
    )
  return null
}

type Survey =
  | { host: Host; kind: 'fit'; queueRemaining: number; cramped: boolean; inspection: Inspection }
  | { host: Host; kind: 'unfit' | 'down'; error: ComfyError }

async function survey(host: Host, template: WorkflowTemplate, signal: AbortSignal): Promise<Survey> {
  const { api } = host.client
  try {
    const queueRemaining = await api.queueRemaining(signal)
    const stats = await api.stats(signal)
    const inspection = await inspect(host, template, stats.version, signal)
    const error = lackError(host, template, inspection)
    if (error) return { host, kind: 'unfit', error }
    return { host, kind: 'fit', queueRemaining, cramped: isCramped(template, stats), inspection }
  } catch (error) {
    if (!isUnreachable(error)) throw error
    api.forget()
    const reason = new ComfyError('engine_unreachable', `${host.label} does not answer.`, {
      retryable: true,
      hostAtFault: true,
      cause: error,
    })
    return { host, kind: 'down', error: reason }
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection lost',
  EHOSTUNREACH: 'no way to it',
  ENETUNREACH: 'no way to it',
  ENOTFOUND: 'no such host',
  ETIMEDOUT: 'no answer in time',
}

/** `: connection refused`, where the system says why. */
function causeWords(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const words = CAUSES[(at as NodeJS.ErrnoException).code ?? '']
    if (words) return `: ${words}`
  }
  return ''
}

/** One look at a server. Never rejects but for an abort. */
export async function probeHost({ client, label }: Host, signal: AbortSignal): Promise<HostProbe> {
  const startedAt = performance.now()
  try {
    const stats = await client.api.stats(signal)
    const latencyMs = performance.now() - startedAt
    const { running, pending } = await client.api.queueCounts(signal)
    // A server on a CPU has no graphics memory to speak of.
    const onCpu = stats.deviceType === 'cpu'
    return {
      ok: true,
      latencyMs,
      version: stats.version,
      queueRunning: running,
      queuePending: pending,
      vramTotalBytes: onCpu ? null : stats.vramTotalBytes,
      vramFreeBytes: onCpu ? null : stats.vramFreeBytes,
      ramTotalBytes: stats.ramTotalBytes,
    }
  } catch (error) {
    signal.throwIfAborted()
    if (!isUnreachable(error)) throw error
    client.api.forget()
    return { ok: false, error: `${label} does not answer${causeWords(error)}` }
  }
}

export type Choice = { host: Host; inspection: Inspection; release(): void }

/**
 * A server for a submission that has no place yet: one that answers and has the nodes and models; those with enough
 * memory first, then the shortest queue. It counts as busier until `release`.
 * @throws {ComfyError} `missing_node`, `missing_model` or `engine_unreachable` when there is none
 */
export async function chooseHost(
  hosts: readonly Host[],
  template: WorkflowTemplate,
  signal: AbortSignal,
): Promise<Choice> {
  const surveys = await Promise.all(hosts.map((host) => survey(host, template, signal)))
  const order = (s: Survey & { kind: 'fit' }): number[] => [
    s.cramped ? 1 : 0,
    Math.max(s.queueRemaining, s.host.inFlight),
  ]
  const [best] = surveys.filter((s) => s.kind === 'fit').sort((a, b) => compare(order(a), order(b)))
  if (best) {
    const { host, inspection } = best
    host.inFlight++
    return {
      host,
      inspection,
      release() {
        host.inFlight--
      },
    }
  }
  // A server that is away may be the one that fits: as long as there is one, waiting may help.
  const failures = surveys.filter((s) => s.kind !== 'fit')
  const first = failures.find(({ kind }) => kind === 'down') ?? failures[0]
  throw (
    first?.error ??
    new ComfyError('engine_unreachable', 'No engine host is configured.', { retryable: false })
  )
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value - (b[i] ?? 0)
  return 0
}

/**
 * What the servers are and lack, for the records: those that answer. A server on a CPU has no graphics memory to
 * speak of.
 */
export async function factsOf(
  hosts: readonly Host[],
  templates: readonly WorkflowTemplate[],
  signal: AbortSignal,
): Promise<HostFacts[]> {
  const facts = await Promise.all(
    hosts.map(async (host): Promise<HostFacts | null> => {
      try {
        const { version, vramTotalBytes, ramTotalBytes, deviceType } = await host.client.api.stats(signal)
        const workflows: Record<string, WorkflowFit> = {}
        // Lists of model files are asked for once a round, by the first workflow that names some.
        const asked = new Set<string>()
        for (const template of templates) {
          for (const classType of template.requires)
            if (!asked.has(classType) && namesModels(template.graph, classType)) {
              await host.client.api.nodeInfo(classType, signal, true)
              asked.add(classType)
            }
          const { tooOld, missingNodes, models } = await inspect(host, template, version, signal)
          workflows[template.slug] = {
            digest: template.digest,
            missing_nodes: missingNodes,
            missing_models: models.missing,
            needs_version: tooOld ? (template.min_version ?? null) : null,
          }
        }
        return {
          key: host.key,
          label: host.label,
          version,
          vramTotalBytes: deviceType === 'cpu' ? null : vramTotalBytes,
          ramTotalBytes,
          workflows,
        }
      } catch (error) {
        if (!isUnreachable(error)) throw error
        host.client.api.forget()
        return null
      }
    }),
  )
  return facts.filter((one) => one !== null)
}

/** Health of all servers as one: `down` when none answers, `degraded` when some do not. */
export async function healthOf(hosts: readonly Host[], signal: AbortSignal): Promise<EngineHealth> {
  const reports = await Promise.all(
    hosts.map(async ({ client, label }) => {
      try {
        const [stats, counts] = await Promise.all([client.api.stats(signal), client.api.queueCounts(signal)])
        return { label, up: true, ...stats, ...counts }
      } catch (error) {
        if (!isUnreachable(error)) throw error
        return {
          label,
          up: false,
          version: null,
          vramFreeBytes: null,
          vramTotalBytes: null,
          running: 0,
          pending: 0,
        }
      }
    }),
  )
  const up = reports.filter((report) => report.up)
  const roomiest = [...up].sort((a, b) => (b.vramFreeBytes ?? 0) - (a.vramFreeBytes ?? 0))[0]
  const troubles = reports.flatMap(({ label, up: answers }) => (answers ? [] : [`${label} does not answer`]))
  return {
    state: up.length === 0 ? 'down' : troubles.length > 0 ? 'degraded' : 'healthy',
    version: roomiest?.version ?? null,
    queueRunning: up.reduce((sum, { running }) => sum + running, 0),
    queuePending: up.reduce((sum, { pending }) => sum + pending, 0),
    vramFreeBytes: roomiest?.vramFreeBytes ?? null,
    vramTotalBytes: roomiest?.vramTotalBytes ?? null,
    detail: troubles.length > 0 ? troubles.join('; ') : null,
  }
}

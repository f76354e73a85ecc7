/** The servers of one engine: who they are, how they do, and which takes the next scene. */
import { createHash } from 'node:crypto'
import type { ServerStats } from '../../comfyui/client/api.ts'
import { type ComfyClient, createComfyClient } from '../../comfyui/client/client.ts'
import { ComfyError, isUnreachable } from '../../comfyui/client/errors.ts'
import { parseTarget } from '../../comfyui/client/http.ts'
import type { ComfyLimits } from '../../comfyui/client/limits.ts'
import { atLeast } from '../../comfyui/client/version.ts'
import type { HostFacts, WorkflowFit } from '../../core/workflows/host-facts.ts'
import { holds, requirementsOf } from '../../core/workflows/requirements.ts'
import type { WorkflowTemplate } from '../../core/workflows/types.ts'
import { type Breaker, createBreaker } from './breaker.ts'
import { type ModelMatch, matchModels, namesModels } from './comfyui-models.ts'
import type { EngineHealth } from './engine.ts'

export type Host = {
  /** Made from the address, so that a stored remote id finds its server whatever the order of the list. */
  readonly key: string
  /** `host:port`, for people. */
  readonly label: string
  readonly client: ComfyClient
  readonly breaker: Breaker
  inFlight: number
  /** Workflow that ran here last: its models are likely still in memory. */
  lastWorkflow: string | null
}

export function createHosts(urls: readonly string[], limits: Partial<ComfyLimits>): Host[] {
  const seen = new Set<string>()
  return urls.flatMap((url) => {
    const { origin, basePath, label } = parseTarget(url)
    const key = createHash('sha256').update(`${origin}${basePath}`).digest('hex').slice(0, 12)
    if (seen.has(key)) return []
    seen.add(key)
    const client = createComfyClient({ url, limits })
    return [{ key, label, client, breaker: createBreaker(), inFlight: 0, lastWorkflow: null }]
  })
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
  readonly tooOld: boolean
  readonly missingNodes: readonly string[]
  readonly models: ModelMatch
  /** Package of a node class, null for ComfyUI's own, undefined when the server does not know it. */
  readonly packOf: (classType: string) => string | null | undefined
}

/** Packages of custom nodes say so in the name of their module: `custom_nodes.<package>`. */
function packNamed(info: Record<string, unknown> | null | undefined): string | null | undefined {
  if (!info) return undefined
  const module = typeof info.python_module === 'string' ? info.python_module : ''
  return /^custom_nodes\.([^.]+)/.exec(module)?.[1] ?? null
}

/** @throws {ComfyError | TransportError} when the server does not answer */
async function inspect(
  { client: { api } }: Host,
  template: WorkflowTemplate,
  version: string | null,
  signal: AbortSignal,
): Promise<Inspection> {
  const infos = new Map<string, Record<string, unknown> | null>()
  for (const classType of template.requires) infos.set(classType, await api.nodeInfo(classType, signal))
  const infoOf = (classType: string): Record<string, unknown> | null => infos.get(classType) ?? null
  return {
    tooOld: Boolean(template.min_version && version !== null && !atLeast(version, template.min_version)),
    missingNodes: template.requires.filter((classType) => infoOf(classType) === null),
    models: matchModels(template.graph, infoOf),
    packOf: (classType) => packNamed(infos.get(classType)),
  }
}

/** A card with less memory than the workflow is known to run with; it may still manage, slowly. */
function isCramped(template: WorkflowTemplate, { vramTotalBytes, deviceType }: ServerStats): boolean {
  const { vramGb } = requirementsOf(template)
  if (vramGb === null || vramTotalBytes === null || deviceType === 'cpu') return false
  return !holds(vramTotalBytes, vramGb)
}

type Survey =
  | { host: Host; kind: 'fit'; queueRemaining: number; cramped: boolean; inspection: Inspection }
  | { host: Host; kind: 'unfit' | 'down'; error: ComfyError }

async function survey(host: Host, template: WorkflowTemplate, signal: AbortSignal): Promise<Survey> {
  const { api } = host.client
  const unfit = (code: 'missing_node' | 'missing_model', message: string): Survey => ({
    host,
    kind: 'unfit',
    error: new ComfyError(code, message, { retryable: false }),
  })
  try {
    const queueRemaining = await api.queueRemaining(signal)
    const stats = await api.stats(signal)
    const { version } = stats
    const inspection = await inspect(host, template, version, signal)
    const { tooOld, missingNodes, models } = inspection
    if (tooOld)
      return unfit(
        'missing_node',
        `${host.label} runs ComfyUI ${version}; "${template.slug}" needs ${template.min_version} or newer.`,
      )
    if (missingNodes.length > 0)
      return unfit(
        'missing_node',
        `${host.label} has no node ${missingNodes.map((name) => `"${name}"`).join(', ')}.`,
      )
    if (models.missing.length > 0)
      return unfit('missing_model', `${host.label} does not have the model ${models.missing.join(', ')}.`)
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

export type Choice = { host: Host; inspection: Inspection; release(): void }

/**
 * The server for the next submission: one that answers and has the nodes and models; rested ones before those that
 * rest, then those with enough memory, then the shortest queue, then the one that ran this workflow last. Its place is held until `release`.
 * @throws {ComfyError} `missing_node`, `missing_model` or `engine_unreachable` when there is none
 */
export async function chooseHost(
  hosts: readonly Host[],
  template: WorkflowTemplate,
  signal: AbortSignal,
): Promise<Choice> {
  const surveys = await Promise.all(hosts.map((host) => survey(host, template, signal)))
  const nowMs = performance.now()
  for (const { host, kind } of surveys) if (kind === 'down') host.breaker.failure(nowMs)
  const order = (s: Survey & { kind: 'fit' }): number[] => [
    s.host.breaker.resting(nowMs) ? 1 : 0,
    s.cramped ? 1 : 0,
    Math.max(s.queueRemaining, s.host.inFlight),
    s.host.lastWorkflow === template.slug ? 0 : 1,
  ]
  const [best] = surveys.filter((s) => s.kind === 'fit').sort((a, b) => compare(order(a), order(b)))
  if (best) {
    const { host, inspection } = best
    host.inFlight++
    host.lastWorkflow = template.slug
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

/** Health of all servers as one: `down` when none answers, `degraded` when some do not or rest. */
export async function healthOf(hosts: readonly Host[], signal: AbortSignal): Promise<EngineHealth> {
  const nowMs = performance.now()
  const reports = await Promise.all(
    hosts.map(async ({ client, label, breaker }) => {
      try {
        const [stats, counts] = await Promise.all([client.api.stats(signal), client.api.queueCounts(signal)])
        return { label, up: true, resting: breaker.resting(nowMs), ...stats, ...counts }
      } catch (error) {
        if (!isUnreachable(error)) throw error
        return {
          label,
          up: false,
          resting: false,
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
  const troubles = reports.flatMap(({ label, up: answers, resting }) =>
    !answers ? [`${label} does not answer`] : resting ? [`${label} rests after failures`] : [],
  )
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

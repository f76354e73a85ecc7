/** ComfyUI servers as an engine: local GPUs and the preview engine alike. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunCallbacks, RunRequest, RunResult } from '../../comfyui/client/client.ts'
import { ComfyError, isUnreachable } from '../../comfyui/client/errors.ts'
import type { ComfyLimits } from '../../comfyui/client/limits.ts'
import type { FfmpegTools } from '../../core/platform/ffmpeg.ts'
import type { Logger } from '../../core/platform/log.ts'
import { freeTextInputs, injectParameters } from '../../core/workflows/inject.ts'
import { listedModels, type OfferPolicy } from '../../core/workflows/offer.ts'
import { type Graph, WorkflowError, type WorkflowTemplate } from '../../core/workflows/types.ts'
import { rejectionText, vetGraph } from '../../core/workflows/vet.ts'
import {
  chooseHost,
  createHosts,
  factsOf,
  findRemote,
  type Host,
  healthOf,
  type Inspection,
  inspect,
  lackError,
  probeHost,
  remoteIdOf,
} from './comfyui-hosts.ts'
import {
  type Engine,
  type EngineCallbacks,
  EngineError,
  type EnginePool,
  type ReferenceImage,
  type SceneRequest,
} from './engine.ts'
import { moveStill } from './moved-still.ts'
import { sceneValues, takesImages } from './scene-values.ts'

export type ComfyEngineOptions = {
  kind: 'comfyui' | 'preview'
  /** Addresses of the servers; credentials in an address are sent as basic authentication. */
  urls: readonly string[]
  /** Scenes that each server is given at once. */
  places?: number
  workflows: ReadonlyMap<string, WorkflowTemplate>
  /** For workflows whose result is a picture: it is made into a clip here. */
  tools: FfmpegTools
  /** Workflow for requests that ask for `default`. */
  defaultWorkflow?: string
  limits?: Partial<ComfyLimits>
  /** How long to ask an unreachable server about an earlier submission while others could take the scene. */
  attachMs?: number
  /** What the operator allows graphs to do. */
  policy: OfferPolicy
  log: Logger
}

const DEFAULT_WORKFLOWS = { comfyui: 'core-wan22-5b-t2v', preview: 'preview-animatic' } as const
const ATTACH_MS = 10_000
const UNREACHABLE_MS = 60_000
export const IMAGE_LIMIT_BYTES = 64 * 1024 * 1024

/** @throws {TypeError} when an address is not http(s); {EngineError} from its methods, as `Engine` says */
export function createComfyEngine(options: ComfyEngineOptions): Engine {
  const { kind, workflows, policy, log } = options
  const hosts = createHosts({
    kind,
    urls: options.urls,
    limits: options.limits ?? {},
    places: options.places ?? 1,
  })
  const ownTemplates = [...workflows.values()].filter(({ engine }) => engine === kind)
  const listed = listedModels(ownTemplates)
  const allowed = new Set(policy.ALLOWED_NODES)
  const defaultWorkflow = options.defaultWorkflow ?? DEFAULT_WORKFLOWS[kind]

  function workflowFor(request: SceneRequest): WorkflowTemplate {
    const slug = request.workflow === 'default' ? defaultWorkflow : request.workflow
    const template = workflows.get(slug)
    if (template && template.engine === kind) return template
    const reason = template ? `is for the ${template.engine} engine` : 'is not known here'
    throw new EngineError('workflow_invalid', `The workflow "${slug}" ${reason}.`, { retryable: false })
  }

  /** Work on a host; its failures say where they happened. */
  async function onHost<T>(host: Host, work: () => Promise<T>): Promise<T> {
    host.inFlight++
    try {
      return await work()
    } catch (error) {
      const failure = engineError(error, host.key)
      if (failure instanceof EngineError && failure.host !== null)
        log.warn(
          { engineHost: host.label, code: failure.code, reason: failure.message },
          'engine host failed',
        )
      throw failure
    } finally {
      host.inFlight--
    }
  }

  /** The last look at a graph, with everything filled in, before it leaves for a server. */
  function vet(
    graph: Graph,
    template: WorkflowTemplate,
    uploads: readonly string[],
    inspection: Inspection | null,
  ): void {
    const verdict = vetGraph(graph, {
      mode: policy.FRAMECAST_MODE,
      allowed,
      models: listed,
      uploads: new Set(uploads),
      freeTexts: freeTextInputs(template.parameters),
      outputs: template.outputs.map(({ node_id }) => node_id),
      ...(inspection ? { packOf: inspection.packOf } : {}),
    })
    if (verdict.status === 'rejected')
      throw new EngineError(
        'workflow_rejected',
        `The graph of "${template.slug}" is not allowed here: ${rejectionText(verdict)}.`,
        { retryable: false },
      )
    if (verdict.status === 'warned')
      log.warn({ workflow: template.slug, findings: verdict.findings }, 'a graph that a studio would refuse')
  }

  function runRequest(
    host: Host,
    inspection: Inspection | null,
    template: WorkflowTemplate,
    request: SceneRequest,
  ): RunRequest {
    return {
      shape: template.graph,
      outputNode: template.primaryOutput.node_id,
      outputKind: template.primaryOutput.kind,
      toPath: join(request.workDir, 'engine-clip'),
      extraData: {
        preview_method: 'auto',
        framecast: { job: request.jobId, step: request.stepId, attempt: request.attempt },
      },
      async prepare(promptId, signal) {
        const names: string[] = []
        for (const image of imagesFor(template, request)) names.push(await uploadImage(host, image, signal))
        const graph = injectParameters(template, sceneValues(template, request, names))
        for (const { nodeId, input, value } of inspection?.models.renames ?? []) {
          const node = graph[nodeId]
          if (node) node.inputs[input] = value
        }
        withPrefix(graph, template, `framecast/${safeName(request.jobId)}/${promptId}`)
        vet(graph, template, names, inspection)
        return graph
      },
    }
  }

  /** The result of an earlier submission, when its server still has it. */
  async function takeUp(
    template: WorkflowTemplate,
    request: SceneRequest,
    on: EngineCallbacks,
    signal: AbortSignal,
  ): Promise<{ host: Host; result: RunResult } | null> {
    const held = request.remoteId === null ? null : findRemote(hosts, request.remoteId)
    if (!held) return null
    const { host, promptId } = held
    // Waited for as long as it takes where nobody else could do it, or where the scene was sent back to it.
    const alone = hosts.length === 1 || request.host === host.key
    const forMs = alone ? (options.limits?.unreachableMs ?? UNREACHABLE_MS) : (options.attachMs ?? ATTACH_MS)
    try {
      if (!(await host.client.holds(promptId, forMs, signal))) return null
    } catch (error) {
      if (alone || !(error instanceof ComfyError) || error.code !== 'engine_unreachable')
        throw engineError(error, host.key)
      log.warn({ engineHost: host.label, promptId }, 'engine host of an earlier submission does not answer')
      return null
    }
    log.info({ engineHost: host.label, promptId }, 'taking up an earlier submission')
    const work = runRequest(host, null, template, request)
    const result = await onHost(host, () => host.client.takeUp(work, promptId, callbacks(host, on), signal))
    return result && { host, result }
  }

  async function submit(
    template: WorkflowTemplate,
    request: SceneRequest,
    on: EngineCallbacks,
    signal: AbortSignal,
  ): Promise<{ host: Host; result: RunResult }> {
    const given = hosts.find(({ key }) => key === request.host)
    const { host, inspection, release } = given
      ? { host: given, inspection: null, release: () => {} }
      : await chooseHost(hosts, template, signal)
    try {
      const result = await onHost(host, async () => {
        const seen = inspection ?? (await requireFit(host, template, signal))
        return host.client.run(runRequest(host, seen, template, request), callbacks(host, on), signal)
      })
      return { host, result }
    } finally {
      release()
    }
  }

  const hostOf = (key: string): Host => {
    const host = hosts.find((one) => one.key === key)
    if (!host) throw new TypeError(`no server ${key}`)
    return host
  }
  const pool: EnginePool = {
    hosts,
    probe: (key, signal) => probeHost(hostOf(key), signal),
    async catalogue(key, signal) {
      const { client } = hostOf(key)
      client.api.forget()
      try {
        return await client.api.catalogue(signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!isUnreachable(error)) throw error
        return null
      }
    },
  }

  return {
    kind,
    pool,
    health: (signal) => healthOf(hosts, signal),
    facts: (signal) => factsOf(hosts, ownTemplates, signal),
    async run(request, on, signal) {
      const template = workflowFor(request)
      try {
        // A scene that does not fit its workflow fits no server: told at once, before anything is asked or sent.
        const placeholders = imagesFor(template, request).map(({ sha256 }) => sha256)
        injectParameters(template, sceneValues(template, request, placeholders))
        const { host, result } =
          (await takeUp(template, request, on, signal)) ?? (await submit(template, request, on, signal))
        const path = template.still
          ? await moveStill(options.tools, result.path, template.still, request, signal)
          : result.path
        return { path, model: modelOf(template), seed: request.seed, engineHost: host.label, host: host.key }
      } catch (error) {
        signal.throwIfAborted()
        throw engineError(error, null)
      }
    },
    async cancel(remoteId, signal) {
      const held = findRemote(hosts, remoteId)
      if (!held) return
      try {
        await held.host.client.cancel(held.promptId, signal)
      } catch (error) {
        signal.throwIfAborted()
        throw engineError(error, held.host.key)
      }
    },
  }
}

const callbacks = (host: Host, on: EngineCallbacks): RunCallbacks => ({
  promptId: (id) => on.remoteId(remoteIdOf(host, id)),
  progress: ({ fraction, note }) => on.progress(note ? { fraction, note } : { fraction }),
  preview: (image, mime) => on.preview(image, mime),
})

/**
 * What a server says of a workflow, kept from earlier looks where there were some.
 * @throws {ComfyError} `missing_node` or `missing_model` when it cannot run it after all
 */
async function requireFit(host: Host, template: WorkflowTemplate, signal: AbortSignal): Promise<Inspection> {
  const inspection = await inspect(host, template, await host.client.api.version(signal), signal)
  const error = lackError(host, template, inspection)
  if (!error) return inspection
  // Files come and go: the next look is a fresh one.
  host.client.api.forget()
  throw error
}

/** The client's failures in the words of the engine interface; anything else (a full disk, a bug) passes as it is. */
function engineError(error: unknown, host: string | null): unknown {
  if (error instanceof ComfyError)
    return new EngineError(error.code, error.message, {
      retryable: error.retryable,
      hostAtFault: error.hostAtFault,
      host,
      cause: error,
    })
  if (error instanceof WorkflowError)
    return new EngineError('workflow_invalid', error.message, { retryable: false, cause: error })
  if (error instanceof Error && error.name === 'TransportError')
    return new EngineError('engine_unreachable', 'No usable answer from the engine.', {
      retryable: true,
      hostAtFault: true,
      host,
      cause: error,
    })
  return error
}

/** A file prefix of its own for the result: names are then never given out twice, nor shared between hosts. */
export function withPrefix(graph: Graph, template: WorkflowTemplate, prefix: string): void {
  for (const { node_id } of template.outputs) {
    const node = graph[node_id]
    if (node && typeof node.inputs.filename_prefix === 'string') node.inputs.filename_prefix = prefix
  }
}

export const imagesFor = (template: WorkflowTemplate, request: SceneRequest): ReferenceImage[] =>
  takesImages(template) ? request.referenceImages : []

export const safeName = (text: string): string => text.replaceAll(/[^\w-]/g, '-').slice(0, 64)

/** The weights that make the pictures, for the record; a workflow without any is its own model. */
export function modelOf(template: WorkflowTemplate): string {
  for (const { inputs } of Object.values(template.graph)) {
    const name = inputs.unet_name ?? inputs.ckpt_name
    if (typeof name === 'string') return name
  }
  return template.models[0] ?? template.slug
}

export const IMAGE_KINDS = [
  { magic: '89504e47', extension: 'png', mime: 'image/png' },
  { magic: 'ffd8ff', extension: 'jpg', mime: 'image/jpeg' },
  { magic: '52494646', extension: 'webp', mime: 'image/webp' },
] as const

/** Uploads under a name made from the content, so that the same picture is stored once and never replaced. */
async function uploadImage(host: Host, image: ReferenceImage, signal: AbortSignal): Promise<string> {
  const bytes = await readFile(image.path, { signal })
  const head = bytes.toString('hex', 0, 4)
  const kind = IMAGE_KINDS.find(({ magic }) => head.startsWith(magic))
  if (!kind || bytes.length > IMAGE_LIMIT_BYTES)
    throw new EngineError(
      'workflow_invalid',
      'A reference image is neither PNG, JPEG nor WebP, or too large.',
      {
        retryable: false,
      },
    )
  return host.client.api.upload(
    `framecast-${safeName(image.sha256)}.${kind.extension}`,
    bytes,
    kind.mime,
    signal,
  )
}

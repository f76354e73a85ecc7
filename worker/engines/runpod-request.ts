/** From a scene to the body of a submission: the graph with everything filled in and vetted, and the pictures it needs. */
import { readFile } from 'node:fs/promises'
import { freeTextInputs, injectParameters } from '../../core/workflows/inject.ts'
import type { OfferPolicy } from '../../core/workflows/offer.ts'
import type { WorkflowTemplate } from '../../core/workflows/types.ts'
import { rejectionText, vetGraph } from '../../core/workflows/vet.ts'
import { IMAGE_KINDS, IMAGE_LIMIT_BYTES, imagesFor, safeName } from './comfyui.ts'
import { EngineError, type SceneRequest } from './engine.ts'
import { sceneValues } from './scene-values.ts'

/** What /run takes, the whole body counted. */
export const MAX_REQUEST_BYTES = 10_000_000

export type RunpodPolicy = {
  offer: OfferPolicy
  /** Names of the weights that the lists of weights describe. */
  models: ReadonlySet<string>
  executionMs: number
  ttlMs: number
}

/** Marks the files of the workflow's main result, among all that come back. */
export const mainPrefix = (request: SceneRequest): string =>
  `fc-${safeName(request.stepId)}-${request.attempt}`

async function inlined(template: WorkflowTemplate, request: SceneRequest, signal: AbortSignal) {
  return Promise.all(
    imagesFor(template, request).map(async ({ path, sha256 }) => {
      const bytes = await readFile(path, { signal })
      const head = bytes.toString('hex', 0, 4)
      const kind = IMAGE_KINDS.find(({ magic }) => head.startsWith(magic))
      if (!kind || bytes.length > IMAGE_LIMIT_BYTES)
        throw new EngineError(
          'workflow_invalid',
          'A reference image is neither PNG, JPEG nor WebP, or too large.',
          { retryable: false },
        )
      // Named by content: a worker keeps its files, and the same name must always mean the same picture.
      return { name: `framecast-${safeName(sha256)}.${kind.extension}`, image: bytes.toString('base64') }
    }),
  )
}

/**
 * @param webhook where RunPod reports; null for nowhere
 * @throws {EngineError} when the graph is not allowed, or the whole is larger than RunPod takes
 */
export async function requestBody(
  template: WorkflowTemplate,
  request: SceneRequest,
  policy: RunpodPolicy,
  webhook: string | null,
  signal: AbortSignal,
): Promise<string> {
  const images = await inlined(template, request, signal)
  const names = images.map(({ name }) => name)
  const workflow = injectParameters(template, sceneValues(template, request, names))
  for (const { node_id } of template.outputs) {
    const node = workflow[node_id]
    const isMain = node_id === template.primaryOutput.node_id
    if (node && typeof node.inputs.filename_prefix === 'string')
      node.inputs.filename_prefix = isMain ? mainPrefix(request) : `side-${mainPrefix(request)}`
  }
  const verdict = vetGraph(workflow, {
    mode: policy.offer.FRAMECAST_MODE,
    allowed: new Set(policy.offer.ALLOWED_NODES),
    models: policy.models,
    uploads: new Set(names),
    freeTexts: freeTextInputs(template.parameters),
    outputs: template.outputs.map(({ node_id }) => node_id),
  })
  if (verdict.status === 'rejected')
    throw new EngineError(
      'workflow_rejected',
      `The graph of "${template.slug}" is not allowed here: ${rejectionText(verdict)}.`,
      { retryable: false },
    )
  const body = JSON.stringify({
    input: {
      workflow,
      ...(images.length > 0 ? { images } : {}),
      // For people who look for a job there, and in case an answer is lost. The worker passes over it.
      framecast: {
        job: request.jobId,
        scene: request.sceneId,
        step: request.stepId,
        attempt: request.attempt,
      },
    },
    policy: { executionTimeout: policy.executionMs, ttl: policy.ttlMs },
    ...(webhook === null ? {} : { webhook }),
  })
  const bytes = Buffer.byteLength(body)
  if (bytes > MAX_REQUEST_BYTES)
    throw new EngineError(
      'workflow_invalid',
      `The scene is ${(bytes / 1e6).toFixed(1)} MB with its reference images; RunPod takes ${MAX_REQUEST_BYTES / 1e6} MB. Use smaller or fewer images.`,
      { retryable: false },
    )
  return body
}

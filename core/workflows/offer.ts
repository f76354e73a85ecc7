/** Whether a workflow is offered for scenes on this installation, and if not, why. Pure. */
import type { Config } from '../platform/config.ts'
import { freeTextInputs } from './inject.ts'
import { unacceptedLicences } from './requirements.ts'
import type { ParameterRole, WorkflowTemplate } from './types.ts'
import { rejectionText, type VettingVerdict, vetGraph } from './vet.ts'

/** What the operator decides about workflows. */
export type OfferPolicy = Pick<Config, 'ACCEPTED_LICENCES' | 'ALLOWED_NODES' | 'FRAMECAST_MODE'>

/** Roles that have a value whenever a scene is rendered, pictures only where the scene has some. */
const SCENE_ROLES: ReadonlySet<ParameterRole> = new Set([
  'prompt',
  'negative_prompt',
  'seed',
  'width',
  'height',
  'frames',
  'fps',
  'duration',
  'reference_image',
  'end_image',
])

/** True when the workflow makes a clip of its own from what a scene holds. */
export const makesScenes = ({
  parameters,
  primaryOutput,
  still,
}: Pick<WorkflowTemplate, 'parameters' | 'primaryOutput' | 'still'>): boolean =>
  parameters.every(({ required, role }) => !required || SCENE_ROLES.has(role)) &&
  (primaryOutput.kind === 'video' || (primaryOutput.kind === 'image' && still !== undefined))

/** Names of the files that a list of weights describes. */
export const listedModels = (templates: Iterable<Pick<WorkflowTemplate, 'weights'>>): Set<string> =>
  new Set(
    [...templates].flatMap(({ weights }) =>
      weights.flatMap(({ model }) => (model === null ? [] : [model.file])),
    ),
  )

/** The vetting of a graph as its author wrote it. Files that stand for uploads count as uploaded. */
export function vetTemplate(template: WorkflowTemplate, policy: OfferPolicy): VettingVerdict {
  const { graph, parameters, outputs, custom_nodes = [] } = template
  const packs = new Map(custom_nodes.flatMap(({ name, classes }) => classes.map((one) => [one, name])))
  const uploads = parameters
    .filter(({ type }) => type === 'image' || type === 'video' || type === 'audio')
    .flatMap(({ targets }) => targets.map(({ node_id, input }) => String(graph[node_id]?.inputs[input])))
  return vetGraph(graph, {
    mode: policy.FRAMECAST_MODE,
    allowed: new Set(policy.ALLOWED_NODES),
    models: listedModels([template]),
    uploads: new Set(uploads),
    freeTexts: freeTextInputs(parameters),
    outputs: outputs.map(({ node_id }) => node_id),
    packOf: (name) => packs.get(name) ?? null,
  })
}

/** Why a workflow is not offered, in words that say what to do; null when it is. */
export function withheldReason(template: WorkflowTemplate, policy: OfferPolicy): string | null {
  const missing = unacceptedLicences(template, policy.ACCEPTED_LICENCES)
  if (missing.length > 0)
    return `its weights are under ${missing.join(' and ')}, which the operator has not accepted (ACCEPTED_LICENCES)`
  const verdict = vetTemplate(template, policy)
  if (verdict.status === 'rejected')
    return `its graph is not allowed in ${policy.FRAMECAST_MODE} mode: ${rejectionText(verdict)}`
  if (!makesScenes(template))
    return 'it makes no scenes: it works on pictures or clips that are there already'
  return null
}

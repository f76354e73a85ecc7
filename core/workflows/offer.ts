/** Whether a workflow is offered for scenes on this installation, and if not, why. Pure. */
import { unacceptedLicences } from './requirements.ts'
import type { ParameterRole, WorkflowTemplate } from './types.ts'

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

/**
 * Why a workflow is not offered, in words that say what to do; null when it is.
 * @param accepted licences that the operator has accepted, by id
 */
export function withheldReason(template: WorkflowTemplate, accepted: readonly string[]): string | null {
  const missing = unacceptedLicences(template, accepted)
  if (missing.length > 0)
    return `its weights are under ${missing.join(' and ')}, which the operator has not accepted (ACCEPTED_LICENCES)`
  if (!makesScenes(template))
    return 'it makes no scenes: it works on pictures or clips that are there already'
  return null
}

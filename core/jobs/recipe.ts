/** Which workflow a job's scenes run through. Pure. */
import type { EngineKind } from '../platform/config.ts'
import { Problem } from '../platform/errors.ts'
import { withheldReason } from '../workflows/offer.ts'
import type { WorkflowTemplate } from '../workflows/types.ts'
import { contentKey, type Recipe } from './content-keys.ts'

/** Every installed workflow, by slug. */
export type WorkflowLibrary = ReadonlyMap<string, WorkflowTemplate>

/** Workflow that stands behind the name `default`, by engine. */
const DEFAULT_WORKFLOW: Record<EngineKind, string> = {
  preview: 'preview-animatic',
  comfyui: 'core-wan22-5b-t2v',
}

/**
 * @param accepted licences that the operator has accepted
 * @throws {Problem} VALIDATION_ERROR when the engine has no such workflow, or it is not offered here, saying why
 */
export function recipeFor(
  workflows: WorkflowLibrary,
  engine: EngineKind,
  asked: string,
  accepted: readonly string[],
): Recipe {
  const slug = asked === 'default' ? DEFAULT_WORKFLOW[engine] : asked
  const template = workflows.get(slug)
  if (!template || template.engine !== engine) {
    const known = [...workflows.values()]
      .filter((workflow) => workflow.engine === engine && withheldReason(workflow, accepted) === null)
      .map((workflow) => workflow.slug)
    throw new Problem(
      'VALIDATION_ERROR',
      `options.workflow: the ${engine} engine has no workflow ${JSON.stringify(slug)}; it has ${known.join(', ') || 'none'}`,
    )
  }
  const reason = withheldReason(template, accepted)
  if (reason !== null)
    throw new Problem('VALIDATION_ERROR', `options.workflow: ${slug} is not offered here: ${reason}`)
  const { digest, parameters, sizes, still } = template
  return {
    engine,
    workflow: slug,
    workflowDigest: contentKey('workflow', { digest, parameters, sizes, still }),
  }
}

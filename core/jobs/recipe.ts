/** Which workflow a job's scenes run through. Pure. */
import type { EngineKind } from '../platform/config.ts'
import { Problem } from '../platform/errors.ts'
import type { WorkflowTemplate } from '../workflows/types.ts'
import { contentKey, type Recipe } from './content-keys.ts'

/** Every installed workflow, by slug. */
export type WorkflowLibrary = ReadonlyMap<string, WorkflowTemplate>

/** Workflow that stands behind the name `default`, by engine. */
const DEFAULT_WORKFLOW: Record<EngineKind, string> = {
  preview: 'preview-animatic',
  comfyui: 'core-wan22-5b-t2v',
}

/** @throws {Problem} VALIDATION_ERROR when there is no such workflow for the engine, naming those there are */
export function recipeFor(workflows: WorkflowLibrary, engine: EngineKind, asked: string): Recipe {
  const slug = asked === 'default' ? DEFAULT_WORKFLOW[engine] : asked
  const template = workflows.get(slug)
  if (!template || template.engine !== engine) {
    const known = [...workflows.values()]
      .filter((workflow) => workflow.engine === engine)
      .map((workflow) => workflow.slug)
    throw new Problem(
      'VALIDATION_ERROR',
      `options.workflow: the ${engine} engine has no workflow ${JSON.stringify(slug)}; it has ${known.join(', ') || 'none'}`,
    )
  }
  const { digest, parameters, sizes } = template
  return { engine, workflow: slug, workflowDigest: contentKey('workflow', { digest, parameters, sizes }) }
}

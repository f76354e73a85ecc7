/** Which workflow a job's scenes run through. Pure. */
import type { Config, EngineKind } from '../platform/config.ts'
import { Problem } from '../platform/errors.ts'
import type { ShotPlan } from '../storyboard/plan-types.ts'
import { defaultOf } from '../workflows/default.ts'
import { type HostFacts, isKnown, lackOf } from '../workflows/host-facts.ts'
import { type OfferPolicy, withheldReason } from '../workflows/offer.ts'
import { sceneObstacle } from '../workflows/scene-fit.ts'
import type { WorkflowTemplate } from '../workflows/types.ts'
import { contentKey, type Recipe } from './content-keys.ts'

/** Every installed workflow, by slug. */
export type WorkflowLibrary = ReadonlyMap<string, WorkflowTemplate>

const PREVIEW_WORKFLOW = 'preview-animatic'

export type RecipeRequest = {
  readonly workflows: WorkflowLibrary
  readonly engine: EngineKind
  /** A slug, or `default`. */
  readonly asked: string
  readonly config: OfferPolicy & Pick<Config, 'COMFYUI_URLS' | 'DEFAULT_WORKFLOW'>
  /** Servers of the engine, as far as workers have looked at them lately. */
  readonly hosts: readonly HostFacts[]
}

/**
 * @throws {Problem} VALIDATION_ERROR when the engine has no such workflow, or it is not offered here, or no server of
 * the engine can run it, saying why
 */
export function recipeFor(request: RecipeRequest): Recipe {
  const template = templateFor(request)
  const { digest, parameters, sizes, still } = template
  return {
    engine: request.engine,
    workflow: template.slug,
    workflowDigest: contentKey('workflow', { digest, parameters, sizes, still }),
  }
}

function templateFor({ workflows, engine, asked, config, hosts }: RecipeRequest): WorkflowTemplate {
  const slug = asked === 'default' ? defaultSlug({ workflows, engine, asked, config, hosts }) : asked
  const template = workflows.get(slug)
  if (!template || template.engine !== engine) {
    const known = [...workflows.values()]
      .filter((workflow) => workflow.engine === engine && withheldReason(workflow, config) === null)
      .map((workflow) => workflow.slug)
    throw refusal(
      `the ${engine} engine has no workflow ${JSON.stringify(slug)}; it has ${known.join(', ') || 'none'}`,
    )
  }
  const reason = withheldReason(template, config)
  if (reason !== null) throw refusal(`${slug} is not offered here: ${reason}`)

  // A server that nobody has looked at yet may be one that can: only when all are known is there none.
  const lacks = hosts.map((host) => (isKnown(host, template) ? lackOf(host, template) : null))
  const configured = engine === 'comfyui' ? config.COMFYUI_URLS.length : 1
  if (lacks.length >= configured && lacks.every((lack) => lack !== null))
    throw refusal(`no server can run ${slug}: ${lacks.join('; ')}`)
  return template
}

function defaultSlug({ workflows, engine, config, hosts }: RecipeRequest): string {
  if (engine === 'preview') return PREVIEW_WORKFLOW
  return config.DEFAULT_WORKFLOW || defaultOf([...workflows.values()], config, hosts).slug
}

const refusal = (text: string): Problem =>
  new Problem('VALIDATION_ERROR', `options.workflow: ${text}`, { reason: 'workflow_rejected' })

/** @throws {Problem} VALIDATION_ERROR when the workflow cannot make one of the scenes, naming it */
export function requireFit(template: WorkflowTemplate | undefined, plan: ShotPlan): void {
  if (!template) return
  for (const clip of plan.clips) {
    const obstacle = sceneObstacle(template, clip, plan.format.fps)
    if (obstacle !== null) throw refusal(obstacle)
  }
}

/** Which workflow a job's scenes run through. Pure. */
import type { Config, EngineKind } from '../platform/config.ts'
import { Problem } from '../platform/errors.ts'
import type { ShotPlan } from '../storyboard/plan-types.ts'
import { defaultOf } from '../workflows/default.ts'
import { type HostFacts, isKnown, lackOf } from '../workflows/host-facts.ts'
import { type OfferPolicy, withheldReason } from '../workflows/offer.ts'
import { holds, requirementsOf } from '../workflows/requirements.ts'
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
  /** Speed before quality. */
  readonly draft: boolean
  readonly config: OfferPolicy &
    Pick<Config, 'COMFYUI_URLS' | 'DEFAULT_WORKFLOW' | 'RUNPOD_WORKFLOW' | 'RUNPOD_VRAM_GB'>
  /** Servers of the engine, as far as workers have looked at them lately. */
  readonly hosts: readonly HostFacts[]
}

/**
 * @throws {Problem} VALIDATION_ERROR when the engine has no such workflow, or it is not offered here, or no server of
 * the engine can run it, saying why
 */
export function recipeFor(request: RecipeRequest): Recipe {
  const template = templateFor(request)
  const { digest, parameters, sizes, still, models } = template
  return {
    engine: request.engine,
    workflow: template.slug,
    workflowDigest: contentKey('workflow', { digest, parameters, sizes, still }),
    models,
  }
}

/** The workflow asked for; for a draft the quicker one that it names, where that can be had. */
function templateFor(request: RecipeRequest): WorkflowTemplate {
  const template = offeredTemplate(request)
  if (!request.draft || template.draft === undefined) return template
  try {
    return offeredTemplate({ ...request, asked: template.draft })
  } catch (error) {
    if (error instanceof Problem) return template
    throw error
  }
}

function offeredTemplate(request: RecipeRequest): WorkflowTemplate {
  const { workflows, engine, asked, config, hosts } = request
  const slug = asked === 'default' ? defaultSlug(request) : asked
  const template = workflows.get(slug)
  const family = engine === 'runpod' ? 'comfyui' : engine
  if (!template || template.engine !== family) {
    const known = [...workflows.values()]
      .filter((workflow) => workflow.engine === family && withheldReason(workflow, config) === null)
      .map((workflow) => workflow.slug)
    throw refusal(
      `the ${engine} engine has no workflow ${JSON.stringify(slug)}; it has ${known.join(', ') || 'none'}`,
    )
  }
  const reason = withheldReason(template, config)
  if (reason !== null) throw refusal(`${slug} is not offered here: ${reason}`)

  if (engine === 'runpod' && !returnsResult(template))
    throw refusal(
      `${slug} saves its result with ${mainNodeClass(template)}, and the runpod engine does not hand that on; save it with SaveVideo or SaveWEBM`,
    )

  // What "default" means follows the memory there is; who names a workflow is told when nothing can hold it.
  const vramGb = asked === 'default' ? null : requirementsOf(template).vramGb
  const lacks = engine === 'comfyui' ? lacksOf(template, vramGb, config, hosts) : []
  if (lacks.length > 0 && lacks.every((lack) => lack !== null))
    throw refusal(`no server can run ${template.slug}: ${lacks.join('; ')}`)
  return template
}

const mainNodeClass = ({ graph, primaryOutput }: WorkflowTemplate): string =>
  graph[primaryOutput.node_id]?.class_type ?? ''

/** worker-comfyui hands on what nodes list under `images`: VHS lists its files under `gifs`, sound goes under `audio`. */
const returnsResult = (template: WorkflowTemplate): boolean =>
  !/^VHS_|^(?:Save|Preview)Audio/.test(mainNodeClass(template))

/** The cards of the endpoint, of which nothing is known but what the operator says. */
const endpointFacts = ({ RUNPOD_VRAM_GB }: Pick<Config, 'RUNPOD_VRAM_GB'>): HostFacts => ({
  key: 'runpod',
  label: 'RunPod',
  version: null,
  vramTotalBytes: RUNPOD_VRAM_GB * 1e9,
  ramTotalBytes: null,
  workflows: {},
})

/** What each configured server lacks. Null for one that can, or may: nobody has looked at it yet. */
const lacksOf = (
  template: WorkflowTemplate,
  vramGb: number | null,
  { COMFYUI_URLS }: Pick<Config, 'COMFYUI_URLS'>,
  hosts: readonly HostFacts[],
): (string | null)[] =>
  COMFYUI_URLS.map((url) => {
    const host = hosts.find(({ label }) => label === new URL(url).host)
    if (!host || !isKnown(host, template)) return null
    return lackOf(host, template) ?? lackOfMemory(host, template, vramGb)
  })

function lackOfMemory(
  { label, vramTotalBytes }: HostFacts,
  { slug }: WorkflowTemplate,
  vramGb: number | null,
): string | null {
  if (vramGb === null || vramTotalBytes === null || holds(vramTotalBytes, vramGb)) return null
  return `${label} has ${Math.round(vramTotalBytes / 1e9)} GB of graphics memory, and ${slug} needs ${vramGb} GB`
}

function defaultSlug({ workflows, engine, config, hosts }: RecipeRequest): string {
  if (engine === 'preview') return PREVIEW_WORKFLOW
  const templates = [...workflows.values()]
  if (engine === 'runpod')
    return (
      config.RUNPOD_WORKFLOW ||
      defaultOf(templates.filter(returnsResult), config, [endpointFacts(config)]).slug
    )
  return config.DEFAULT_WORKFLOW || defaultOf(templates, config, hosts).slug
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

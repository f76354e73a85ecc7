/** Moving a scene to another engine when its own cannot make it, where the job asks for that and the rules allow it. */
import type { PoolClient } from 'pg'
import type { Recipe } from '../../core/jobs/content-keys.ts'
import { recipeFor } from '../../core/jobs/recipe.ts'
import { standIns } from '../../core/jobs/routing.ts'
import { keyScenes } from '../../core/jobs/scene-keys.ts'
import { imageHashes } from '../../core/jobs/spec-check.ts'
import type { ClaimedStep } from '../../core/jobs/steps.ts'
import { teamRouting } from '../../core/jobs/team-routing.ts'
import type { JobError } from '../../core/jobs/types.ts'
import type { EngineKind } from '../../core/platform/config.ts'
import { Problem } from '../../core/platform/errors.ts'
import { planShots } from '../../core/storyboard/plan.ts'
import type { WorkerContext } from '../context.ts'
import { loadJob, type RenderJob } from './load-job.ts'
import type { Fallback, SceneInput } from './plan.ts'

/** Failures of an engine that another one may not have. */
const ENGINE_CODES = new Set([
  'engine_unreachable',
  'engine_lost',
  'engine_silent',
  'engine_rejected',
  'generation_failed',
  'out_of_memory',
  'missing_node',
  'missing_model',
  'bad_result',
])

/** What of a step is needed to move it. */
export type MovableStep = Pick<ClaimedStep, 'id' | 'jobId' | 'kind' | 'key' | 'attempt' | 'engine' | 'input'>

/** Claims after which an engine that is merely away counts as gone, where another one may step in. */
export const AWAY_CLAIMS = 3

/** The workflow of the job on another engine, else that engine's own choice; null when it has none. */
function recipeOn({ workflows, config }: WorkerContext, engine: EngineKind, job: RenderJob): Recipe | null {
  for (const asked of [job.options.workflow, 'default']) {
    try {
      return recipeFor({ workflows, engine, asked, draft: job.options.draft, config, hosts: [] })
    } catch (error) {
      if (!(error instanceof Problem)) throw error
    }
  }
  return null
}

/**
 * running or ready -> ready on another engine, with a new key, since another engine makes other pictures.
 * @returns false when nothing else may take the scene over
 */
export async function fallBack(
  context: WorkerContext,
  client: PoolClient,
  step: MovableStep,
  reason: JobError,
): Promise<boolean> {
  if (step.kind !== 'scene' || step.engine === null || !ENGINE_CODES.has(reason.code)) return false
  const job = await loadJob(client, step.jobId)
  if (job.options.fallback !== true) return false
  const input = step.input as SceneInput
  const before = input.fallbacks ?? []
  const from = step.engine as EngineKind
  const candidates = standIns({
    config: context.config,
    tried: [...before.map((one) => one.from), from],
    isCloudAllowed: (await teamRouting(context.config, client, job.owner)).isCloudAllowed,
  })
  for (const engine of candidates) {
    const recipe = recipeOn(context, engine, job)
    if (!recipe) continue
    const plan = planShots(job.storyboard, job.options)
    const hashes = await imageHashes(client, job.storyboard)
    const scenes = keyScenes(plan, input.scenesTotal, recipe, job.options.seed ?? null, hashes)
    const scene = scenes.find(({ clip }) => clip.sceneId === step.key)
    if (!scene) return false
    const fallbacks: Fallback[] = [
      ...before,
      { from, to: engine, code: reason.code, message: reason.message },
    ]
    const moved: SceneInput = { ...input, workflow: recipe.workflow, parts: scene.parts, fallbacks }
    await client.query('select 1 from jobs where id = $1 for update', [step.jobId])
    const { rows: held } = await client.query<{ remote_id: string | null }>(
      `select remote_id from job_steps where id = $1 and attempt = $2 and state in ('ready', 'running') for update`,
      [step.id, step.attempt],
    )
    const { rowCount } = await client.query(
      `update job_steps set state = 'ready', lease_owner = null, lease_until = null, ready_at = now(), progress = 0,
         failures = 0, error = $3::jsonb, engine = $4, task = $5, content_key = $6, input = $7::jsonb,
         remote_id = null, host = null, failed_hosts = '{}', vram_above = null
       where id = $1 and attempt = $2 and state in ('ready', 'running')`,
      [
        step.id,
        step.attempt,
        JSON.stringify(reason),
        engine,
        `scene.${engine}`,
        scene.key,
        JSON.stringify(moved),
      ],
    )
    if (rowCount !== 1) return true
    // What the old engine may still be at is stopped, when it can be reached again.
    const remoteId = held[0]?.remote_id
    if (remoteId)
      await client.query('select enqueue_interrupt($1, $2, $3)', [step.id, `interrupt.${from}`, remoteId])
    await client.query('select enqueue_step($1)', [step.id])
    context.log.warn(
      { jobId: step.jobId, scene: step.key, from, to: engine, code: reason.code },
      'a scene falls back to another engine',
    )
    return true
  }
  return false
}

/** The plan step: checks the storyboard again, reckons the shots, and cuts the job into scene steps and an assembly. */
import { creditSource, usableFileOwners } from '../../core/access/owner.ts'
import { clipMeta, posterKeyOf } from '../../core/jobs/cached-clips.ts'
import { type CachedObject, touchCached } from '../../core/jobs/content-cache.ts'
import { clipKey, type Recipe, sceneSeed } from '../../core/jobs/content-keys.ts'
import { appendEvent } from '../../core/jobs/events.ts'
import { updateProgress } from '../../core/jobs/progress.ts'
import { recipeFor } from '../../core/jobs/recipe.ts'
import { checkSpec, imageHashes } from '../../core/jobs/spec-check.ts'
import { finishStep, insertSteps, type NewStep } from '../../core/jobs/steps.ts'
import { Problem } from '../../core/platform/errors.ts'
import { fault } from '../../core/platform/faults.ts'
import { planShots } from '../../core/storyboard/plan.ts'
import type { ClipPlan, ShotPlan } from '../../core/storyboard/plan-types.ts'
import type { WorkerContext } from '../context.ts'
import { StepFailure } from '../failures.ts'
import type { StepRun } from '../tasks/run-step.ts'
import { loadJob, lockJob, type RenderJob } from './load-job.ts'
import { planJoins } from './plan-joins.ts'
import { planVoices } from './plan-voice.ts'
import { presentCached } from './present-cached.ts'

/** What a scene step is told, stored with it. */
export type SceneInput = {
  clip: ClipPlan
  seed: number
  workflow: string
  scenesTotal: number
  title: string
}

/** What a scene step leaves behind: the clip as conformed for the film. */
export type SceneOutcome = {
  objectKey: string
  sha256: string
  sizeBytes: number
  frames: number
  keyFrames: number[]
  reused: boolean
  model: string | null
  seed: number
  engineHost: string | null
}

export type PlanOutcome = { plan: ShotPlan; warnings: string[] }

export async function planStep(context: WorkerContext, run: StepRun): Promise<void> {
  const { db } = context
  const { step } = run
  const job = await loadJob(db.pool, step.jobId)
  const check = await checkSpec(
    db.pool,
    job.storyboard,
    usableFileOwners(job.owner, job.triggeredBy),
    null,
    context.config.VOICE_ENGINE,
  )
  const first = check.errors[0]
  if (first) throw new StepFailure('validation', first.code, `${first.path}: ${first.message}`)

  const plan = planShots(job.storyboard, job.options)
  const recipe = chooseRecipe(context, job)
  const hashes = await imageHashes(db.pool, job.storyboard)
  const scope = creditSource(job.owner)
  const scenesTotal = job.storyboard.scenes.length
  const scenes = plan.clips.map((clip) => {
    const seed = sceneSeed(clip, job.options.seed ?? null)
    const key = clipKey({ title: plan.title, format: plan.format, scenesTotal }, clip, recipe, seed, hashes)
    return { clip, seed, key }
  })
  const cached = await presentCached(
    context,
    scope,
    'clip',
    scenes.map((scene) => scene.key),
  )
  const steps = scenes.map(({ clip, seed, key }): NewStep => {
    const known = cached.get(key)
    const input: SceneInput = { clip, seed, workflow: recipe.workflow, scenesTotal, title: plan.title }
    return {
      kind: 'scene',
      key: clip.sceneId,
      task: `scene.${job.engine}`,
      engine: job.engine,
      contentKey: key,
      input,
      ...(known ? { result: reusedOutcome(known, seed), previewKey: posterKeyOf(known.objectKey) } : {}),
    }
  })
  const reused = new Map(
    scenes.flatMap(({ clip, seed, key }) => {
      const known = cached.get(key)
      return known ? [[clip.sceneId, reusedOutcome(known, seed)] as const] : []
    }),
  )
  const joins = await planJoins(context, scope, plan, reused)
  const voices = await planVoices(context, scope, plan, job.storyboard)
  steps.push(...joins.steps, ...voices.steps)
  fault('worker.plan.before_commit')
  await run.commit(async (client) => {
    await lockJob(client, job.id)
    const outcome: PlanOutcome = { plan, warnings: check.warnings.map((warning) => warning.message) }
    if (!(await finishStep(client, step, outcome))) return
    await insertSteps(client, job.id, steps, { kind: 'assemble', key: '', task: 'assemble' })
    if (cached.size > 0) await touchCached(client, scope, 'clip', [...cached.keys()])
    if (joins.reused.length > 0) await touchCached(client, scope, 'join', joins.reused)
    if (voices.reused.length > 0) await touchCached(client, scope, 'voice', voices.reused)
    let completed = 0
    for (const { clip, key } of scenes) {
      if (!cached.has(key)) continue
      completed += 1
      await appendEvent(client, job.id, 'scene_complete', {
        scene_id: clip.sceneId,
        scenes_completed: completed,
        scenes_total: plan.clips.length,
        duration: clip.durationS,
        reused: true,
        previews: [
          {
            scene_id: clip.sceneId,
            key: posterKeyOf(cached.get(key)!.objectKey),
            generated_at: new Date().toISOString(),
          },
        ],
      })
    }
    await updateProgress(client, job.id, true)
  })
}

/** The outcome of a scene whose clip was there already. */
export const reusedOutcome = (clip: CachedObject, seed: number): SceneOutcome => ({
  objectKey: clip.objectKey,
  sha256: clip.sha256,
  sizeBytes: clip.sizeBytes,
  ...clipMeta(clip),
  reused: true,
  model: null,
  seed,
  engineHost: null,
})

/** The workflow was chosen when the job was accepted; since then the operator may have withdrawn it. */
function chooseRecipe({ workflows, config }: WorkerContext, { engine, options }: RenderJob): Recipe {
  try {
    return recipeFor({ workflows, engine, asked: options.workflow, draft: false, config, hosts: [] })
  } catch (error) {
    if (error instanceof Problem) throw new StepFailure('system', 'workflow_rejected', error.message, error)
    throw error
  }
}

/** The plan step: checks the storyboard again, reckons the shots, and cuts the job into scene steps and an assembly. */
import { creditSource, usableFileOwners } from '../../core/access/owner.ts'
import { type CachePolicy, policyFor } from '../../core/jobs/cache-policy.ts'
import { clipMeta, posterKeyOf } from '../../core/jobs/cached-clips.ts'
import type { CachedObject } from '../../core/jobs/content-cache.ts'
import type { Recipe } from '../../core/jobs/content-keys.ts'
import type { KeyParts } from '../../core/jobs/key-parts.ts'
import { updateProgress } from '../../core/jobs/progress.ts'
import { recipeFor } from '../../core/jobs/recipe.ts'
import { keyScenes } from '../../core/jobs/scene-keys.ts'
import { checkSpec, imageHashes } from '../../core/jobs/spec-check.ts'
import { type StagePrints, stagePrints } from '../../core/jobs/stage-prints.ts'
import { finishStep, insertSteps, type NewStep } from '../../core/jobs/steps.ts'
import { megapixelsOf } from '../../core/media/format.ts'
import type { EngineKind } from '../../core/platform/config.ts'
import { Problem } from '../../core/platform/errors.ts'
import { fault } from '../../core/platform/faults.ts'
import { planShots } from '../../core/storyboard/plan.ts'
import type { ClipPlan, ShotPlan } from '../../core/storyboard/plan-types.ts'
import type { WorkerContext } from '../context.ts'
import { StepFailure } from '../failures.ts'
import type { StepRun } from '../tasks/run-step.ts'
import type { JoinInput } from './join.ts'
import { loadJob, lockJob, type RenderJob } from './load-job.ts'
import { announceReused, EntriesGone, holdKnown, knownClips, requireClips } from './plan-clips.ts'
import { planJoins } from './plan-joins.ts'
import { planSoundStep } from './plan-sound.ts'
import { planVoices } from './plan-voice.ts'

/** What a scene step is told, stored with it. */
export type SceneInput = {
  clip: ClipPlan
  seed: number
  workflow: string
  scenesTotal: number
  title: string
  cache: CachePolicy
  /** Its size, for estimates. */
  megapixels: number
  /** Hashes of what shaped the clip, for plans to compare with. */
  parts: KeyParts
  /** Set when it has fallen back from another engine. */
  fallbacks?: Fallback[]
  /** Set when it was made before in this job, and the store has lost it. */
  again?: true
}

/** A scene that went from one engine to another. */
export type Fallback = { from: EngineKind; to: EngineKind; code: string; message: string }

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
  /** It was sent to a cloud engine twice, since an answer or result was lost. */
  possibleDoubleCharge?: boolean
  /** Engines that it had before, and why it has them no more. */
  fallbacks?: Fallback[]
}

export type PlanOutcome = { plan: ShotPlan; warnings: string[] }

/** How often the cache is looked at anew, when entries go between the look and the commit. */
const MAX_LOOKS = 5

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
  const scenes = keyScenes(plan, scenesTotal, recipe, job.options.seed ?? null, hashes)
  for (let look = 1; ; look += 1) {
    const known = await knownClips(context, scope, job, scenes)
    requireClips(job, scenes, known)
    const steps = scenes.map(({ clip, seed, key, parts }): NewStep => {
      const cached = known.get(clip.sceneId)
      const input: SceneInput = {
        clip,
        seed,
        workflow: recipe.workflow,
        scenesTotal,
        title: plan.title,
        cache: policyFor(job.options, clip.sceneId),
        megapixels: megapixelsOf(plan.format, clip.frames),
        parts,
      }
      return {
        kind: 'scene',
        key: clip.sceneId,
        task: `scene.${job.engine}`,
        engine: job.engine,
        contentKey: key,
        input,
        ...(cached ? { result: reusedOutcome(cached, seed), previewKey: posterKeyOf(cached.objectKey) } : {}),
      }
    })
    const reused = new Map(
      scenes.flatMap(({ clip, seed }) => {
        const cached = known.get(clip.sceneId)
        return cached ? [[clip.sceneId, reusedOutcome(cached, seed)] as const] : []
      }),
    )
    const prints = stagePrints({
      storyboard: job.storyboard,
      plan,
      clipKeys: new Map(scenes.map(({ clip, key }) => [clip.sceneId, key])),
      options: job.options,
      voiceEngine: context.config.VOICE_ENGINE,
    })
    const joins = await planJoins(context, scope, plan, reused, job.options.cache ?? 'use')
    const voices = await planVoices(context, scope, plan, job.storyboard)
    const sound = await planSoundStep(context, scope, job, plan, voices.steps)
    steps.push(...[...joins.steps, ...voices.steps, ...sound.steps].map((one) => printed(one, prints)))
    fault('worker.plan.before_commit')
    const outcome: PlanOutcome = { plan, warnings: check.warnings.map((warning) => warning.message) }
    try {
      await run.commit(async (client) => {
        await lockJob(client, job.id)
        if (!(await finishStep(client, step, outcome))) return
        await insertSteps(
          client,
          job.id,
          steps,
          printed({ kind: 'assemble', key: '', task: 'assemble' }, prints),
        )
        await holdKnown(client, scope, 'clip', keysOf(known))
        await holdKnown(client, scope, 'join', joins.reused)
        await holdKnown(client, scope, 'voice', voices.reused)
        await holdKnown(client, scope, 'audio', sound.reused)
        await announceReused(client, job.id, plan.clips, known)
        await updateProgress(client, job.id, true)
      })
      return
    } catch (error) {
      if (!(error instanceof EntriesGone) || look === MAX_LOOKS) throw error
    }
  }
}

/** A step with what plans of later renders know it by. */
function printed(step: NewStep, { voice, join, sound, film }: StagePrints): NewStep {
  const found = {
    plan: [],
    scene: [],
    voice: [voice.get(step.key)],
    join: ((step.input as JoinInput | undefined)?.pieces ?? []).map((piece) =>
      piece.join ? join.get(piece.join.after)?.print : undefined,
    ),
    sound: [sound],
    assemble: [film],
  }[step.kind]
  return { ...step, input: { ...step.input, prints: found.filter((print) => print != null) } }
}

const keysOf = (known: ReadonlyMap<string, CachedObject>): string[] =>
  [...known.values()].map(({ contentKey }) => contentKey)

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

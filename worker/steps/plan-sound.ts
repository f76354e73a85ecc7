/** The step that mixes the film's sound, where there is something to mix; done already when the same was mixed before. */
import { type NewStep, stepName } from '../../core/jobs/steps.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import { planSound } from '../../core/storyboard/sound-plan.ts'
import type { Storyboard } from '../../core/storyboard/types.ts'
import type { WorkerContext } from '../context.ts'
import type { SpokenLine } from '../sound/sources.ts'
import type { RenderJob } from './load-job.ts'
import { knownSound, soundIngredients, soundOutcome } from './sound-ingredients.ts'

/** `reused`: content keys of what was mixed before. */
export type PlannedSound = { steps: NewStep[]; reused: string[] }

/** @param voices the steps that speak lines; a line without one is not heard */
export async function planSoundStep(
  context: Pick<WorkerContext, 'db' | 'store' | 'systemStore'>,
  scope: string,
  job: RenderJob,
  plan: ShotPlan,
  voices: readonly NewStep[],
): Promise<PlannedSound> {
  if (!isHeard(job.storyboard, plan, voices)) return { steps: [], reused: [] }
  const step: NewStep = { kind: 'sound', key: '', task: 'sound', after: voices.map(stepName) }
  // While a line is still to be spoken nobody knows its bytes.
  if (voices.some(({ result }) => !result)) return { steps: [step], reused: [] }
  const lines = new Map(voices.map(({ key, result }) => [key, result as SpokenLine]))
  const { contentKey } = await soundIngredients(context, job, plan, lines)
  const known = await knownSound(context, scope, job.options.cache ?? 'use', contentKey)
  if (!known) return { steps: [{ ...step, contentKey }], reused: [] }
  return { steps: [{ ...step, contentKey, result: soundOutcome(known, true) }], reused: [contentKey] }
}

function isHeard(storyboard: Storyboard, plan: ShotPlan, voices: readonly NewStep[]): boolean {
  const spoken = new Set(voices.map(({ key }) => key))
  return planSound(storyboard, plan).cues.some(
    ({ lane, source }) => lane !== 'dialogue' || spoken.has(source),
  )
}

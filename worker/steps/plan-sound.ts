/** The step that mixes the film's sound, where there is something to mix. Pure. */
import { type NewStep, stepName } from '../../core/jobs/steps.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import { planSound } from '../../core/storyboard/sound-plan.ts'
import type { Storyboard } from '../../core/storyboard/types.ts'

/** @param voices the steps that speak lines; a line without one is not heard */
export function soundSteps(storyboard: Storyboard, plan: ShotPlan, voices: readonly NewStep[]): NewStep[] {
  const spoken = new Set(voices.map(({ key }) => key))
  const isHeard = planSound(storyboard, plan).cues.some(
    ({ lane, source }) => lane !== 'dialogue' || spoken.has(source),
  )
  return isHeard ? [{ kind: 'sound', key: '', task: 'sound', after: voices.map(stepName) }] : []
}

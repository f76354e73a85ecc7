/** A render plan as the wire shows it. Pure. */
import type { Estimate } from '../storyboard/estimate.ts'
import type { PlannedStage } from './plan-stages.ts'
import type { RenderPlan } from './render-plan.ts'

export type PresentedPlan = {
  scenes: {
    scene_id: string
    stage: 'clip'
    action: 'reuse' | 'render' | 'locked' | 'skip'
    reason: string
    key: string | null
    engine: string
    estimate: { seconds: number; cost: number }
  }[]
  totals: {
    render: number
    reuse: number
    locked: number
    skip: number
    credits: number
    /** From start to finished film. */
    seconds: number
    /** The same as a range, once it is measured. */
    range: [number, number] | null
    /** Length of the film. */
    film_seconds: number
  }
  /** Clips, and what is made of them. */
  stages: PlannedStage[]
  /** All of it in one sentence. */
  summary: string
  refusal: { reason: string; message: string; scenes: string[] } | null
  warnings: { message: string }[]
}

type Outlook = {
  engine: string
  plan: RenderPlan
  /** Seconds of generating a scene, by id. */
  secondsOf: ReadonlyMap<string, number>
  estimate: Estimate
  stages: readonly PlannedStage[]
  warnings: readonly { message: string }[]
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`

/** A length of time as people say it, e.g. `45 s`, `about 3 min`. */
function aboutText(seconds: number): string {
  if (seconds < 60) return `about ${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 90 ? `about ${minutes} min` : `about ${Math.round(minutes / 6) / 10} h`
}

export function presentPlan(
  { engine, plan, secondsOf, estimate, stages, warnings }: Outlook,
  balanceNotes: readonly { message: string }[],
): PresentedPlan {
  const costs = new Map(estimate.scenes.map(({ id, credits }) => [id, credits]))
  const count = (action: string): number => plan.scenes.filter((scene) => scene.action === action).length
  const [render, reuse, skip] = [count('render'), count('reuse'), count('skip')]
  const { estimated_credits: credits, estimated_generation_time_seconds: seconds } = estimate
  const { refusal } = plan
  const generating = plan.scenes.map(({ sceneId, action }) =>
    action === 'render' ? (secondsOf.get(sceneId) ?? 0) : 0,
  )
  const clipStage: PlannedStage = {
    stage: 'clip',
    render,
    reuse,
    seconds: Math.round(generating.reduce((sum, one) => sum + one, 0) * 10) / 10,
    credits,
  }
  const what = `${counted(render, 'scene', 'scenes')} will render, ${reuse} reused, ${counted(credits, 'credit', 'credits')}, ${aboutText(seconds)}`
  return {
    scenes: plan.scenes.map(({ sceneId, action, reason, key }) => ({
      scene_id: sceneId,
      stage: 'clip',
      action,
      reason,
      key,
      engine,
      estimate: {
        seconds: action === 'render' ? (secondsOf.get(sceneId) ?? 0) : 0,
        cost: costs.get(sceneId) ?? 0,
      },
    })),
    totals: {
      render,
      reuse,
      locked: 0,
      skip,
      credits,
      seconds,
      range: estimate.estimated_generation_time_range ?? null,
      film_seconds: estimate.estimated_duration_seconds,
    },
    stages: [clipStage, ...stages],
    summary: refusal ? `This render would be refused: ${refusal.text}` : what,
    refusal: refusal && { reason: refusal.reason, message: refusal.text, scenes: refusal.scenes },
    warnings: [...warnings, ...balanceNotes],
  }
}

/** Cutting what has to be drawn of a film into steps. */
import { type CachePolicy, mayReuse } from '../../core/jobs/cache-policy.ts'
import { type NewStep, stepName } from '../../core/jobs/steps.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import { cutList } from '../compose/cut-list.ts'
import { drawingGroups } from '../compose/drawing-groups.ts'
import type { WorkerContext } from '../context.ts'
import { type JoinInput, type JoinOutcome, keyedOrders, reusedPiece } from './join.ts'
import type { SceneOutcome } from './plan.ts'
import { presentCached } from './present-cached.ts'

/**
 * One step for each group of pieces, waiting for just the scenes that it is drawn from. A group that is known whole is done
 * from the start.
 * @param known outcomes of scenes that need no generation, by scene id
 * @returns the steps, and the content keys that are reused
 */
export async function planJoins(
  context: WorkerContext,
  scope: string,
  plan: ShotPlan,
  known: ReadonlyMap<string, SceneOutcome>,
  policy: CachePolicy,
): Promise<{ steps: NewStep[]; reused: string[] }> {
  // A clip that is still to come has its key frames where it was asked to have them.
  const clips = new Map(
    plan.clips.map(({ sceneId, frames, cutFrames }) => [
      sceneId,
      known.get(sceneId) ?? { frames, keyFrames: cutFrames },
    ]),
  )
  const groups = drawingGroups(cutList(plan, clips).pieces, plan.format.fps).map((group) => ({
    ...group,
    orders: group.scenes.every((id) => known.has(id)) ? keyedOrders(plan, group.pieces, known) : null,
  }))
  const keys = groups.flatMap(({ orders }) => orders?.map(({ contentKey }) => contentKey) ?? [])
  const cached = await presentCached(context, scope, 'join', mayReuse(policy) ? [...new Set(keys)] : [])
  const steps = groups.map(({ scenes, pieces, orders }, index): NewStep => {
    const input: JoinInput = { pieces }
    const drawn = orders?.map(({ contentKey }) => cached.get(contentKey))
    const result: JoinOutcome | null = drawn?.every((one) => one !== undefined)
      ? { drawn: drawn.map(reusedPiece) }
      : null
    return {
      kind: 'join',
      key: String(index + 1),
      task: 'join',
      input,
      after: scenes.map((key) => stepName({ kind: 'scene', key })),
      ...(result && { result }),
    }
  })
  const reused = steps.flatMap(({ result }) => (result as JoinOutcome | undefined)?.drawn ?? [])
  return { steps, reused: reused.map(({ contentKey }) => contentKey) }
}

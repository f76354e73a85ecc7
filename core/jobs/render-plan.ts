/** What a render would do with each scene, and why. The plan that people see and the charge come from here. Pure. */
import type { RenderOptions } from '../storyboard/render-options.ts'
import { lackOfClips, policyFor } from './cache-policy.ts'
import { type ChangeReason, firstChange, type KeyParts } from './key-parts.ts'
import type { KeyedScene } from './scene-keys.ts'

/** How a scene was rendered last. */
export type LastRender = { key: string; parts: Partial<KeyParts> }

export type PlanReason =
  /** Reused. */
  | 'cached'
  /** Rendered. */
  | ChangeReason
  | 'inputs_changed'
  | 'never_rendered'
  | 'evicted'
  | 'refresh'
  | 'bypass'
  /** Left out. */
  | 'not_played'
  | 'not_ready'

export type PlannedScene = {
  sceneId: string
  action: 'reuse' | 'render' | 'skip'
  reason: PlanReason
  /** Content key of its clip; null for a scene that does not play. */
  key: string | null
}

export type RenderPlan = {
  /** In the order of the storyboard. */
  scenes: PlannedScene[]
  /** Why the render would be refused; null when it would be accepted. */
  refusal: { reason: string; text: string; scenes: string[] } | null
}

/** Why a scene whose clip is not there has to be rendered. */
function renderReason(scene: KeyedScene, last: LastRender | undefined): PlanReason {
  if (!last) return 'never_rendered'
  if (last.key === scene.key) return 'evicted'
  return firstChange(last.parts, scene.parts) ?? 'inputs_changed'
}

function planScene(
  scene: KeyedScene,
  options: Pick<RenderOptions, 'cache' | 'scenes'>,
  isCached: boolean,
  last: LastRender | undefined,
): PlannedScene {
  const planned = { sceneId: scene.clip.sceneId, key: scene.key }
  const policy = policyFor(options, planned.sceneId)
  if (policy === 'refresh' || policy === 'bypass') return { ...planned, action: 'render', reason: policy }
  if (isCached) return { ...planned, action: 'reuse', reason: 'cached' }
  const isAsked = options.scenes === null || options.scenes.includes(planned.sceneId)
  return isAsked
    ? { ...planned, action: 'render', reason: renderReason(scene, last) }
    : { ...planned, action: 'skip', reason: 'not_ready' }
}

/**
 * @param sceneIds every scene of the storyboard, in its order
 * @param played those that play
 * @param cached content keys of the clips that are there
 * @param last how each scene was rendered last, by scene id; leave it out where nobody asks why
 */
export function planRender(
  sceneIds: readonly string[],
  played: readonly KeyedScene[],
  options: Pick<RenderOptions, 'cache' | 'scenes'>,
  cached: ReadonlySet<string>,
  last: ReadonlyMap<string, LastRender> = new Map(),
): RenderPlan {
  const byId = new Map(played.map((scene) => [scene.clip.sceneId, scene]))
  const scenes = sceneIds.map((id): PlannedScene => {
    const scene = byId.get(id)
    return scene
      ? planScene(scene, options, cached.has(scene.key), last.get(id))
      : { sceneId: id, action: 'skip', reason: 'not_played', key: null }
  })
  const missing = scenes
    .filter(
      ({ sceneId, key, action }) =>
        key !== null && action !== 'reuse' && policyFor(options, sceneId) === 'only',
    )
    .map(({ sceneId }) => sceneId)
  return {
    scenes,
    refusal: missing.length > 0 ? { ...lackOfClips(options, missing), scenes: missing } : null,
  }
}

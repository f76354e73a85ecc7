/** What the jobs of a run render: small, quick, and told apart by owner and story. Pure. */
import type { PlannedJob } from './plan.ts'

/** Small and quick to encode; `comfyui`, since boards of the preview engine cost no credits. */
export const OPTIONS = { resolution: '480p', aspect: '1:1', fps: 16, engine: 'comfyui' } as const
export const SCENE_S = 1
/** With CREDITS_PER_SECOND below: enough for refunds of every share to differ. */
export const CREDITS_PER_SECOND = 20
export const CREDITS_PER_SCENE = 10
const DISSOLVE_S = 0.25

export type Told = Pick<PlannedJob, 'story' | 'scenes' | 'dissolve' | 'speaks'>

export function storyboardOf({ story, scenes, dissolve, speaks }: Told) {
  const ids = Array.from({ length: scenes }, (_, index) => `scene-${index + 1}`)
  const shots = ids.flatMap((scene, index) =>
    index === 0 ? [{ scene }] : [{ transition: { type: 'dissolve', duration: DISSOLVE_S } }, { scene }],
  )
  return {
    title: `Story ${story}`,
    scenes: ids.map((id, index) => ({
      id,
      prompt: `story ${story}, picture ${index + 1}`,
      duration: SCENE_S,
      ...(speaks && index === 0 ? { audio: { dialogue: [{ text: `Take ${story + 1}.` }] } } : {}),
    })),
    ...(dissolve && scenes > 1 ? { timeline: shots } : {}),
  }
}

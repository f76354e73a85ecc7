/** The scenes of a render with what identifies their clips. The server and the worker both reckon with this. Pure. */
import type { ClipPlan, ShotPlan } from '../storyboard/plan-types.ts'
import { clipInputs, clipKey, type Recipe, sceneSeed } from './content-keys.ts'
import { type KeyParts, keyParts } from './key-parts.ts'

export type KeyedScene = { clip: ClipPlan; seed: number; key: string; parts: KeyParts }

/**
 * @param scenesTotal scenes of the storyboard, played or not
 * @param jobSeed the seed that the job names; null: one for each scene
 * @param imageHashes SHA-256 (hex) of each reference image, by asset id
 */
export function keyScenes(
  plan: ShotPlan,
  scenesTotal: number,
  recipe: Recipe,
  jobSeed: number | null,
  imageHashes: ReadonlyMap<string, string>,
): KeyedScene[] {
  const film = { title: plan.title, format: plan.format, scenesTotal }
  return plan.clips.map((clip) => {
    const seed = sceneSeed(clip, jobSeed)
    const inputs = clipInputs(film, clip, recipe, seed, imageHashes)
    return { clip, seed, key: clipKey(inputs), parts: keyParts(inputs, clip.durationS, recipe) }
  })
}

/** What a render may take from the cache, and what it leaves there. Pure. */
import type { RenderOptions } from '../storyboard/render-options.ts'

export type CachePolicy = RenderOptions['cache']

/** Jobs of earlier releases name neither. */
type Asked = Partial<Pick<RenderOptions, 'cache' | 'scenes'>>

/**
 * The policy for one scene. Where a render asks for some scenes alone, the others are taken as they are.
 * @returns `use`: whatever is known; `refresh`: made again, the entry replaced; `bypass`: made again, nothing stored;
 * `only`: nothing is made
 */
export const policyFor = ({ cache, scenes }: Asked, sceneId: string): CachePolicy =>
  !scenes || scenes.includes(sceneId) ? (cache ?? 'use') : 'only'

/** Whether a clip that is known will do. */
export const mayReuse = (policy: CachePolicy): boolean => policy === 'use' || policy === 'only'

/** Why a render that lacks clips is not made: word, and text for people. */
export function lackOfClips({ scenes }: Asked, missing: readonly string[]): { reason: string; text: string } {
  const named = missing.join(', ')
  return !scenes || missing.some((id) => scenes.includes(id))
    ? {
        reason: 'cache_miss',
        text: `options.cache is "only", and these scenes would have to be rendered: ${named}`,
      }
    : {
        reason: 'scenes_not_ready',
        text: `options.scenes leaves out scenes that would have to be rendered as well: ${named}`,
      }
}

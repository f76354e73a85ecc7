/** One line about a scene for people: length, and what will be heard. Pure. */
import { SYSTEM_ASSETS } from './system-assets.ts'
import type { Scene, Storyboard } from './types.ts'

const NAMES = new Map(SYSTEM_ASSETS.map((asset) => [asset.id, asset.name]))

const counted = (count: number, one: string, many: string): string[] =>
  count === 0 ? [] : [`${count} ${count === 1 ? one : many}`]

/** e.g. `5.0 s · music Triumphant · 2 effects · 1 line`. Sounds of the product are named, uploads are not. */
export function sceneDetails(storyboard: Storyboard, scene: Scene): string {
  const bed = (word: string, assetId: string | undefined): string[] =>
    assetId ? [NAMES.has(assetId) ? `${word} ${NAMES.get(assetId)}` : word] : []
  const { audio } = scene
  return [
    `${scene.duration.toFixed(1)} s`,
    ...bed('music', (audio?.music ?? storyboard.global_audio?.music)?.asset_id),
    ...bed('ambience', (audio?.ambient ?? storyboard.global_audio?.ambient)?.asset_id),
    ...counted(audio?.sfx?.length ?? 0, 'effect', 'effects'),
    ...counted(audio?.dialogue?.length ?? 0, 'line', 'lines'),
  ].join(' · ')
}

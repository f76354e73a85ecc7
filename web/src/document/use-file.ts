/** A file or sound of the library comes into a scene: the ways in which it can, the most likely one first. Pure. */
import type { Storyboard } from '../api/client.ts'
import type { Change } from './edit.ts'
import { symbolsOf, usedIn } from './symbols.ts'

export type Usable = {
  id: string
  name: string
  kind: 'picture' | 'sound'
  /** Of the sounds of Framecast; a file of the team is of no kind. */
  category: 'sfx' | 'ambient' | 'music' | 'transition' | 'team'
}

/** `label` for a menu, `name` for the step of undo. */
export type Use = { label: string; name: string; changes: Change[] }

const MOST = { pictures: 8, effects: 10 } as const

/** `mara_01.png` as `mara_01` */
const symbolName = (filename: string): string =>
  filename
    .replace(/\.[^.]*$/, '')
    .replace(/\W+/g, '_')
    .replace(/^[\d_]+|_+$/g, '')
    .slice(0, 50) || 'thing'

type Scene = NonNullable<Storyboard['scenes']>[number]

/** As a picture of somebody the scene names; of a new name, when it names nobody. */
function pictureUses(document: Partial<Storyboard>, scene: Scene, at: number, file: Usable): Use[] {
  const known = usedIn(scene.prompt ?? '', symbolsOf(document)).filter(({ symbol }) => symbol !== null)
  const uses = known.flatMap(({ name }): Use[] => {
    const pictures = document.symbols?.[name]?.reference_images ?? []
    if (pictures.length >= MOST.pictures || pictures.some((picture) => picture?.id === file.id)) return []
    return [
      {
        label: `As a picture of @${name}`,
        name: `add a picture to @${name}`,
        changes: [{ path: ['symbols', name, 'reference_images', pictures.length], value: { id: file.id } }],
      },
    ]
  })
  const name = symbolName(file.name)
  if (known.length > 0 || document.symbols?.[name]) return uses
  return [
    {
      label: `As @${name}, new in this scene`,
      name: `add @${name} to ${scene.id}`,
      changes: [
        {
          path: ['symbols', name],
          value: { prompt: name.replaceAll('_', ' '), reference_images: [{ id: file.id }] },
        },
        { path: ['scenes', at, 'prompt'], value: `${(scene.prompt ?? '').trimEnd()} @${name}`.trimStart() },
      ],
    },
  ]
}

/** As an effect at a moment of the scene, or under all of it. */
function soundUses(scene: Scene, at: number, { id, category }: Usable, sceneS: number): Use[] {
  const effects = scene.audio?.sfx ?? []
  const start = Math.max(0, Math.min(sceneS, scene.duration ?? sceneS))
  const effect: Use = {
    label: `As an effect at ${start.toFixed(1)} s`,
    name: `add an effect to ${scene.id}`,
    changes: [{ path: ['scenes', at, 'audio', 'sfx', effects.length], value: { asset_id: id, start } }],
  }
  const bed = (field: 'ambient' | 'music', words: string): Use => ({
    label: scene.audio?.[field] ? `As its ${words}, instead of the one it has` : `As its ${words}`,
    name: `set the ${words} of ${scene.id}`,
    changes: [{ path: ['scenes', at, 'audio', field], value: { asset_id: id } }],
  })
  const beds = [bed('ambient', 'ambience'), bed('music', 'music')]
  const likely = category === 'music' ? beds[1] : category === 'ambient' ? beds[0] : null
  const all = [...(effects.length < MOST.effects ? [effect] : []), ...beds]
  return likely ? [likely, ...all.filter((use) => use !== likely)] : all
}

/**
 * @param sceneS where in the scene the playhead is
 * @returns none when the scene is full, or has it already
 */
export function usesOf(document: Partial<Storyboard>, sceneId: string, file: Usable, sceneS: number): Use[] {
  const at = (document.scenes ?? []).findIndex((scene) => scene?.id === sceneId)
  const scene = document.scenes?.[at]
  if (!scene) return []
  return file.kind === 'picture' ? pictureUses(document, scene, at, file) : soundUses(scene, at, file, sceneS)
}

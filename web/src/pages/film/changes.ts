/** What is different in one film from another, scene by scene. Pure. */
import type { Job, Storyboard } from '../../api/client.ts'
import { same } from '../../document/merge.ts'

type Scene = Storyboard['scenes'][number]

export type SceneChange = {
  sceneId: string
  /** As people count scenes. */
  number: number
  /** `prompt`, `new`, `@mara`, … */
  what: string[]
}

export type Changes = {
  scenes: SceneChange[]
  /** Scenes that are only in the other film. */
  removed: string[]
  /** What is different of the whole film. */
  film: string[]
  /** Scenes whose storyboard is the same, and whose clips are the same bytes. */
  identical: number
}

/** Fields of a scene in the words of the inspector. */
const FIELDS: readonly [keyof Scene, string][] = [
  ['prompt', 'prompt'],
  ['duration', 'duration'],
  ['audio', 'sound'],
]

/** Of the film as a whole; a clip that is made anew because of one of these says so by its bytes. */
const FILM_FIELDS: readonly [keyof Storyboard, string][] = [
  ['title', 'title'],
  ['global_prompt', 'prompt of the film'],
  ['global_audio', 'sound of the film'],
  ['timeline', 'timeline'],
]
const OPTIONS: readonly [string, string][] = [
  ['resolution', 'resolution'],
  ['aspect', 'shape of the picture'],
  ['fps', 'frame rate'],
  ['captions', 'captions'],
]

const storyboardOf = (job: Job): Partial<Storyboard> => job.spec_snapshot as Partial<Storyboard>
const hashesOf = (job: Job): Map<string, string | undefined> =>
  new Map(job.output?.scene_clips.map(({ scene_id, sha256 }) => [scene_id, sha256]))

/** `@names` of a prompt. */
const namesIn = (prompt: unknown): string[] => [
  ...new Set(String(prompt ?? '').match(/(?<=@)[A-Za-z_][A-Za-z0-9_-]*/g) ?? []),
]

function changesOfScene(
  mine: Scene,
  theirs: Scene,
  a: Partial<Storyboard>,
  b: Partial<Storyboard>,
): string[] {
  const known = new Set<string>(['id', 'order', ...FIELDS.map(([field]) => field)])
  const others = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].filter((key) => !known.has(key))
  const field = (scene: Scene, key: string): unknown =>
    Object.entries(scene).find(([name]) => name === key)?.[1]
  const symbols = namesIn(mine.prompt).filter(
    (name) => theirs.prompt === mine.prompt && !same(a.symbols?.[name], b.symbols?.[name]),
  )
  return [
    ...FIELDS.filter(([key]) => !same(mine[key], theirs[key])).map(([, word]) => word),
    ...others.filter((key) => !same(field(mine, key), field(theirs, key))),
    ...symbols.map((name) => `@${name}`),
  ]
}

/** What is different in `a`, by the storyboards that were rendered and the clips that came of them. */
export function changesIn(a: Job, b: Job): Changes {
  const [mine, theirs] = [storyboardOf(a), storyboardOf(b)]
  const [myHashes, theirHashes] = [hashesOf(a), hashesOf(b)]
  const theirScenes = new Map((theirs.scenes ?? []).map((scene) => [scene.id, scene]))
  const order = (scenes: readonly Scene[] | undefined, shared: (id: string) => boolean): string[] =>
    (scenes ?? []).map(({ id }) => id).filter(shared)
  const myIds = new Set((mine.scenes ?? []).map(({ id }) => id))
  let identical = 0
  const scenes = (mine.scenes ?? []).flatMap((scene, at): SceneChange[] => {
    const place = { sceneId: scene.id, number: at + 1 }
    const other = theirScenes.get(scene.id)
    if (!other) return [{ ...place, what: ['new'] }]
    const what = changesOfScene(scene, other, mine, theirs)
    const hash = myHashes.get(scene.id)
    const isSameClip = hash !== undefined && hash === theirHashes.get(scene.id)
    if (what.length > 0) return [{ ...place, what }]
    // A scene that does not play has no clip in either film.
    if (!myHashes.has(scene.id) && !theirHashes.has(scene.id)) return []
    if (!isSameClip) return [{ ...place, what: ['new take'] }]
    identical += 1
    return []
  })
  const wasMoved = !same(
    order(mine.scenes, (id) => theirScenes.has(id)),
    order(theirs.scenes, (id) => myIds.has(id)),
  )
  return {
    scenes,
    removed: (theirs.scenes ?? []).map(({ id }) => id).filter((id) => !myIds.has(id)),
    film: [
      ...FILM_FIELDS.filter(([key]) => !same(mine[key], theirs[key])).map(([, word]) => word),
      ...(same(mine.transitions, theirs.transitions) &&
      same(mine.transition_presets, theirs.transition_presets)
        ? []
        : ['transitions']),
      ...(wasMoved ? ['order of the scenes'] : []),
      ...OPTIONS.filter(([key]) => !same(a.options[key], b.options[key])).map(([, word]) => word),
      ...(same(a.output?.metadata.model_used, b.output?.metadata.model_used) ? [] : ['engine']),
    ],
    identical,
  }
}

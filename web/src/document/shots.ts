/** Shots of the film as places of the document: moved, played again, added, taken away. Pure. */
import { playlist, scenesByOrder } from '../../../core/storyboard/timeline.ts'
import type { Storyboard } from '../api/client.ts'
import { type Change, changed, removedPlaces } from './edit.ts'

type Scene = Storyboard['scenes'][number]
export type GroupKind = 'flashback' | 'montage'

/** Where a shot is written: in `scenes` when there is no written timeline, else an element of that or a place in its group. */
export type ShotPlace =
  | { list: 'scenes' | 'timeline'; index: number; group: null; at: null }
  | { list: 'timeline'; index: number; group: GroupKind; at: number }

/** @param path as the shot plan has it: `scenes[2]`, `timeline[0].scene`, `timeline[3].montage.scenes[1]` */
export function shotPlace(path: string): ShotPlace {
  const [, list, index, group, at] =
    /^(scenes|timeline)\[(\d+)\](?:\.(flashback|montage)\.scenes\[(\d+)\])?/.exec(path) ?? []
  return group === undefined
    ? { list: list === 'timeline' ? 'timeline' : 'scenes', index: Number(index), group: null, at: null }
    : { list: 'timeline', index: Number(index), group: group as GroupKind, at: Number(at) }
}

const MOST_ELEMENTS = 100

export type Refusal = { refusal: string }
type Placed = ShotPlace & { sceneId: string }

const hasTimeline = ({ timeline }: Partial<Storyboard>): boolean => (timeline?.length ?? 0) > 0

/** All shots in playing order; none when the document cannot be played. */
function shotsOf(document: Partial<Storyboard>): Placed[] {
  if (!document.scenes?.length) return []
  try {
    return playlist(document as Storyboard).shots.map(({ path, scene }) => ({
      ...shotPlace(path),
      sceneId: scene.id,
    }))
  } catch {
    return []
  }
}

/** How often each scene plays. */
export function timesPlayed(document: Partial<Storyboard>): Map<string, number> {
  const times = new Map<string, number>()
  for (const { sceneId } of shotsOf(document)) times.set(sceneId, (times.get(sceneId) ?? 0) + 1)
  return times
}

/** The timeline that says what plays without one. */
const explicitTimeline = (scenes: readonly Scene[]): { scene: string }[] =>
  scenesByOrder(scenes).map(({ scene }) => ({ scene: scene.id }))

/**
 * Puts a scene among the shots of a written timeline.
 * @param to place that it takes in the order
 * @param into element of the timeline whose group it enters; null: it stands beside groups where that can be
 */
function entered(
  document: Partial<Storyboard>,
  sceneId: string,
  to: number,
  into: number | null,
): Change[] | Refusal {
  const shots = shotsOf(document)
  const [before, after] = [shots[to - 1], shots[to]]
  // Between two shots of one group there is no place beside it.
  const group = before && after && before.group && before.index === after.index ? before.index : into
  const members = shots.flatMap((shot, place) => (group !== null && shot.index === group ? [place] : []))
  const first = shots[members[0] ?? -1]
  if (first?.group) {
    const at = members.filter((place) => place < to).length
    return [{ path: ['timeline', first.index, first.group, 'scenes', at], insert: sceneId }]
  }
  if ((document.timeline?.length ?? 0) >= MOST_ELEMENTS)
    return { refusal: `${MOST_ELEMENTS} entries are the most that a timeline has.` }
  // What joins the shots before and after goes on to join the one before and this one.
  const index = after ? after.index : (before?.index ?? -1) + 1
  return [{ path: ['timeline', index], insert: { scene: sceneId } }]
}

/**
 * A shot takes another place in the order.
 * @param into element of the timeline whose group it enters; null: none
 */
export function movedShot(
  document: Partial<Storyboard>,
  from: number,
  to: number,
  into: number | null,
): Change[] | Refusal {
  const shots = shotsOf(document)
  const shot = shots[from]
  const other = shots[to]
  const group = shot?.group ? shot.index : null
  if (!shot || !other || (from === to && into === group)) return []
  if (shot.list === 'scenes') return reordered(document, from, to)
  const out = removedPlaces(document, ({ index, at }) => index === shot.index && at === shot.at)
  const without = changed(document, out)
  const gone = out.flatMap(({ path }) => (path.length === 2 ? [Number(path[1])] : []))
  const target = into === null || gone.includes(into) ? null : into - gone.filter((at) => at < into).length
  const back = entered(without, shot.sceneId, to, target)
  if ('refusal' in back) return back
  const [first] = back
  // Moved as it is written, with its comments, where nothing else changes.
  if (out.length === 1 && gone.length === 1 && first?.path.length === 2)
    return [{ path: ['timeline', shot.index], place: Number(first.path[1]) }]
  return [...out, ...back]
}

/** Scenes that play as written, or by their `order`, which is written anew then. */
function reordered({ scenes = [] }: Partial<Storyboard>, from: number, to: number): Change[] {
  const order = scenesByOrder(scenes)
  if (scenes.every((scene) => scene.order == null)) return [{ path: ['scenes', from], place: to }]
  return order
    .toSpliced(from, 1)
    .toSpliced(to, 0, order[from]!)
    .flatMap(({ scene, sceneIndex }, place) =>
      scene.order === place + 1 ? [] : [{ path: ['scenes', sceneIndex, 'order'], value: place + 1 }],
    )
}

/** A scene plays once more. Where nothing was written about the order, the whole timeline is written then. */
export function playedAgain(
  document: Partial<Storyboard>,
  sceneId: string,
  to: number,
  into: number | null,
): Change[] | Refusal {
  if (hasTimeline(document)) return entered(document, sceneId, to, into)
  const timeline = explicitTimeline(document.scenes ?? [])
  return [{ path: ['timeline'], value: timeline.toSpliced(to, 0, { scene: sceneId }) }]
}

/** Whether playing a scene again writes a timeline that was not there. */
export const needsTimeline = (document: Partial<Storyboard>): boolean => !hasTimeline(document)

/** A new scene after another one, in the written timeline too: what is not on it is not shown. */
export function addedScene(
  document: Partial<Storyboard>,
  afterId: string | undefined,
  scene: Scene,
): Change[] {
  const scenes = document.scenes ?? []
  const at = scenes.findIndex((other) => other?.id === afterId)
  const last = shotsOf(document).findLast(({ sceneId }) => sceneId === afterId)
  const index = last?.list === 'timeline' ? last.index + 1 : (document.timeline?.length ?? 0)
  return [
    { path: ['scenes', at === -1 ? scenes.length : at + 1], insert: scene },
    ...(hasTimeline(document) ? [{ path: ['timeline', index], insert: { scene: scene.id } }] : []),
  ]
}

export type Removal =
  | { kind: 'refused'; why: string }
  /** One scene plays at several places: all of it, or one shot? */
  | { kind: 'asked'; sceneId: string; times: number; shot: number | null }
  /** Several scenes, some of which play more than once. */
  | { kind: 'several'; ids: readonly string[]; again: readonly string[] }
  | { kind: 'free'; ids: readonly string[] }

/**
 * What taking scenes away would mean.
 * @param shot the one shot that is meant, if one is
 */
export function removal(document: Partial<Storyboard>, ids: readonly string[], shot: number | null): Removal {
  const [id] = ids
  if (id === undefined) return { kind: 'refused', why: 'No scene is selected.' }
  const times = timesPlayed(document)
  const again = ids.filter((one) => (times.get(one) ?? 0) > 1)
  if (ids.length === 1 && again.length === 1) {
    const meant = shot !== null && shotsOf(document)[shot]?.sceneId === id ? shot : null
    return { kind: 'asked', sceneId: id, times: times.get(id) ?? 0, shot: meant }
  }
  if (isAll(document, ids)) return { kind: 'refused', why: 'A film has at least one scene.' }
  return again.length > 0 ? { kind: 'several', ids, again } : { kind: 'free', ids }
}

/** Whether nothing would be left of the film. */
export const isAll = ({ scenes = [] }: Partial<Storyboard>, ids: readonly string[]): boolean =>
  scenes.every((scene) => ids.includes(scene?.id ?? ''))

/** Takes one shot out of the written timeline; its scene stays. */
export function removedShot(document: Partial<Storyboard>, shot: number): Change[] {
  const place = shotsOf(document)[shot]
  return place?.list === 'timeline'
    ? removedPlaces(document, ({ index, at }) => index === place.index && at === place.at)
    : []
}

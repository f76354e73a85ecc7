/** Playing order: the timeline (or `order`) as a flat list of shots and of what joins them. Knows no frames yet. */
import type { Treatment } from './plan-types.ts'
import { CUT, type ResolvedTransition, resolveTransition } from './transitions.ts'
import type { Scene, Storyboard, TimelineElement, TransitionRef } from './types.ts'

export type MontagePace = 'slow' | 'medium' | 'fast'

/** Share of a scene that a montage plays, in hundredths (whole numbers keep later sums exact). */
export const PACE_PERCENT: Record<MontagePace, number> = { slow: 100, medium: 60, fast: 35 }

export type PlayedShot = {
  scene: Scene
  /** Position in `scenes`. */
  sceneIndex: number
  /** Where it stands in the document. */
  path: string
  /** Share of the scene that plays, from its middle, in hundredths. */
  percent: number
  treatment: Treatment | null
}

export type PlayedJoin = {
  /** Joins shot `after` and the next; -1 is from black, the last shot's index is to black. */
  after: number
  transition: ResolvedTransition
  /** Where the choice stands in the document; null when nothing was written (a plain cut). */
  path: string | null
}

/** `joins` lists every place: between all neighbours (cuts too), and black ends only when they are written. */
export type Playlist = { shots: PlayedShot[]; joins: PlayedJoin[] }

/** A timeline names a scene that the document does not have: validation was skipped. */
export class UnknownSceneError extends Error {
  readonly code = 'plan_unknown_scene'
  readonly path: string
  constructor(id: string, path: string) {
    super(`${path} plays a scene "${id}" that the storyboard does not have`)
    this.name = 'UnknownSceneError'
    this.path = path
  }
}

/** Shots of one timeline element, and how shots inside it are joined. */
type Group = {
  shots: PlayedShot[]
  /** For joins inside the group; null leaves the choice to the transitions map. */
  inner: Choice | null
}
type Choice = { transition: ResolvedTransition; path: string | null }

/** Scenes in playing order when there is no timeline: by `order`, then as written. */
export function scenesByOrder(scenes: readonly Scene[]): { scene: Scene; sceneIndex: number }[] {
  return scenes
    .map((scene, sceneIndex) => ({ scene, sceneIndex }))
    .sort((a, b) => {
      const left = a.scene.order ?? Number.POSITIVE_INFINITY
      const right = b.scene.order ?? Number.POSITIVE_INFINITY
      return left === right ? a.sceneIndex - b.sceneIndex : left - right
    })
}

function cleanTreatment(written: NonNullable<TimelineElement['flashback']>['treatment']): Treatment | null {
  if (written == null) return null
  const { desaturate, vignette, grain, blur } = written
  const treatment: Treatment = {
    ...(desaturate != null && { desaturate }),
    ...(vignette != null && { vignette }),
    ...(grain != null && { grain }),
    ...(blur != null && { blur }),
  }
  const hasEffect = treatment.desaturate || treatment.vignette || treatment.grain || treatment.blur
  return hasEffect ? treatment : null
}

/**
 * What plays, in order.
 * @param storyboard a document that passed validation
 * @throws {UnknownSceneError} when the timeline names a scene that is not there
 */
export function playlist(storyboard: Storyboard): Playlist {
  const sceneIndexes = new Map(storyboard.scenes.map((scene, index) => [scene.id, index]))
  const play = (id: string, path: string, percent = 100, treatment: Treatment | null = null): PlayedShot => {
    const sceneIndex = sceneIndexes.get(id)
    if (sceneIndex === undefined) throw new UnknownSceneError(id, path)
    return { scene: storyboard.scenes[sceneIndex]!, sceneIndex, path, percent, treatment }
  }
  const choose = (ref: NonNullable<TransitionRef>, path: string): Choice => ({
    transition: resolveTransition(storyboard, ref),
    path,
  })
  const fromMap = (from: PlayedShot, to: PlayedShot): Choice => {
    const map = storyboard.transitions
    if (map == null) return { transition: CUT, path: null }
    const key = `${from.scene.id}->${to.scene.id}`
    const own = Object.hasOwn(map, key) ? map[key] : null
    if (own != null) return choose(own, `transitions["${key}"]`)
    if (map.default != null) return choose(map.default, 'transitions.default')
    return { transition: CUT, path: null }
  }

  const timeline = storyboard.timeline ?? []
  const groups: Group[] = []
  /** Written transitions by the number of groups before them. */
  const written = new Map<number, Choice>()
  for (const [index, element] of timeline.entries()) {
    const at = `timeline[${index}]`
    if (element.scene != null) {
      groups.push({ shots: [play(element.scene, `${at}.scene`)], inner: null })
    } else if (element.flashback != null) {
      const treatment = cleanTreatment(element.flashback.treatment)
      const shots = element.flashback.scenes.map((id, j) =>
        play(id, `${at}.flashback.scenes[${j}]`, 100, treatment),
      )
      groups.push({ shots, inner: null })
    } else if (element.montage != null) {
      const percent = PACE_PERCENT[element.montage.pace ?? 'medium']
      const shots = element.montage.scenes.map((id, j) => play(id, `${at}.montage.scenes[${j}]`, percent))
      const inner = element.montage.transition
      groups.push({
        shots,
        inner: inner == null ? { transition: CUT, path: null } : choose(inner, `${at}.montage.transition`),
      })
    } else if (element.transition != null) {
      written.set(groups.length, choose(element.transition, `${at}.transition`))
    }
  }
  if (timeline.length === 0) {
    for (const { scene, sceneIndex } of scenesByOrder(storyboard.scenes)) {
      groups.push({ shots: [play(scene.id, `scenes[${sceneIndex}]`)], inner: null })
    }
  }

  const shots: PlayedShot[] = []
  const joins: PlayedJoin[] = []
  for (const [g, group] of groups.entries()) {
    for (const [s, shot] of group.shots.entries()) {
      const before = shots.at(-1)
      if (before !== undefined) {
        const choice = (s === 0 ? written.get(g) : group.inner) ?? fromMap(before, shot)
        joins.push({ after: shots.length - 1, ...choice })
      } else {
        const fromBlack = written.get(0)
        if (fromBlack !== undefined) joins.push({ after: -1, ...fromBlack })
      }
      shots.push(shot)
    }
  }
  const toBlack = written.get(groups.length)
  if (toBlack !== undefined && shots.length > 0) joins.push({ after: shots.length - 1, ...toBlack })
  return { shots, joins }
}

/**
 * Lengths of the joins in whole units (frames, milliseconds), cut down to half of the shorter neighbour; a cut is 0.
 * Half a shot each way is what keeps two joins of one shot from ever meeting.
 */
export function joinLengths(
  joins: readonly PlayedJoin[],
  shotLengths: readonly number[],
  unitsPerSecond: number,
): { wanted: number; given: number }[] {
  return joins.map(({ after, transition }) => {
    const wanted = Math.round(transition.durationS * unitsPerSecond)
    const from = shotLengths[after] ?? Number.POSITIVE_INFINITY
    const to = shotLengths[after + 1] ?? Number.POSITIVE_INFINITY
    return { wanted, given: Math.min(wanted, Math.floor(Math.min(from, to) / 2)) }
  })
}

/** True when the join lies between two shots, so that it shortens the film; black ends do not. */
export const isInner = (join: { after: number }, shots: number): boolean =>
  join.after >= 0 && join.after < shots - 1

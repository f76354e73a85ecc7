/** What a render would do in each stage, clips and all that is made of them. Pure. */
import { type CachePolicy, mayReuse } from './cache-policy.ts'
import type { StagePrints } from './stage-prints.ts'

export type PlannedStage = {
  stage: 'clip' | 'voice' | 'join' | 'sound' | 'film'
  /** What would be made, and what is there already. */
  render: number
  reuse: number
  /** Seconds of work, all of it together, as far as it is known. */
  seconds: number
  credits: number
}

/** Rough seconds of work on two cores, for one piece and for each second of film: made while clips are generated. */
const COST = {
  voice: { each: 1, filmSecond: 0 },
  join: { each: 2, filmSecond: 0 },
  sound: { each: 2, filmSecond: 0.05 },
  film: { each: 2, filmSecond: 0.05 },
} as const

/**
 * @param known prints of what earlier renders made and is still kept
 * @param reusedScenes scenes whose clip is known: whatever shows another one is made anew
 */
export function planStages(
  prints: StagePrints,
  known: ReadonlySet<string>,
  reusedScenes: ReadonlySet<string>,
  {
    policy,
    filmSeconds,
    shownScenes,
  }: { policy: CachePolicy; filmSeconds: number; shownScenes: readonly string[] },
): PlannedStage[] {
  const stage = (name: keyof typeof COST, render: number, all: number): PlannedStage => {
    const { each, filmSecond } = COST[name]
    const seconds = render * (each + filmSecond * filmSeconds)
    return { stage: name, render, reuse: all - render, seconds: Math.round(seconds * 10) / 10, credits: 0 }
  }
  const lines = [...new Set(prints.voice.values())]
  const unspoken = lines.filter((print) => !known.has(print)).length
  const joins = [...prints.join.values()]
  const undrawn = joins.filter(
    ({ print, scenes }) =>
      !mayReuse(policy) || !known.has(print) || !scenes.every((id) => reusedScenes.has(id)),
  ).length
  const isMixed = prints.sound === null || (mayReuse(policy) && unspoken === 0 && known.has(prints.sound))
  const isFilmed =
    mayReuse(policy) && isMixed && known.has(prints.film) && shownScenes.every((id) => reusedScenes.has(id))
  return [
    stage('voice', unspoken, lines.length),
    stage('join', undrawn, joins.length),
    stage('sound', isMixed ? 0 : 1, prints.sound === null ? 0 : 1),
    stage('film', isFilmed ? 0 : 1, 1),
  ]
}

/** What stands at each join of the film, where it was chosen, and where another choice is written. Pure. */
import { type PlayedJoin, type PlayedShot, playlist } from '../../../core/storyboard/timeline.ts'
import { BUILT_IN_PRESETS } from '../../../core/storyboard/transitions.ts'
import type { Storyboard } from '../api/client.ts'
import { type Change, pathOf } from './edit.ts'
import type { Path } from './text.ts'

/** `explicit`: on the timeline; `pair`: for these two scenes; `default`: for all joins without their own. */
export type JoinOrigin = 'explicit' | 'montage' | 'pair' | 'default' | 'built-in'

export const ORIGIN_WORDS: Readonly<Record<JoinOrigin, string>> = {
  explicit: 'Written on the timeline',
  montage: 'Of the montage',
  pair: 'For this pair of scenes',
  default: 'From the default',
  'built-in': 'Nothing is written: a plain cut',
}

export type JoinPlace = {
  /** Joins shot `after` and the next; -1 is from black, the last shot's index is to black. */
  after: number
  from: PlayedShot | undefined
  to: PlayedShot | undefined
  transition: PlayedJoin['transition']
  origin: JoinOrigin
  /** Where the choice for this join is written from now on. */
  path: Path
  /** Longest overlap: half of the shorter shot, in seconds. */
  mostS: number
  /** The scene that is the shorter. */
  shorter: string
}

function originOf(path: string | null): JoinOrigin {
  if (path === null) return 'built-in'
  if (path === 'transitions.default') return 'default'
  if (path.startsWith('transitions[')) return 'pair'
  return path.includes('.montage.') ? 'montage' : 'explicit'
}

/** Whether shots of one montage meet here: then the montage says how. */
const montageOf = (from: PlayedShot | undefined, to: PlayedShot | undefined): string | null => {
  const group = (shot: PlayedShot | undefined) =>
    /^(timeline\[\d+\]\.montage)\.scenes/.exec(shot?.path ?? '')?.[1]
  return from && to && group(from) !== undefined && group(from) === group(to) ? group(from)! : null
}

/** Every join of a film, plain cuts too; ends only where something is written for them. */
export function joinsOf(document: Partial<Storyboard>): JoinPlace[] {
  if (!document.scenes?.length) return []
  let played: ReturnType<typeof playlist>
  try {
    played = playlist(document as Storyboard)
  } catch {
    return []
  }
  return played.joins.map(({ after, transition, path }): JoinPlace => {
    const from = played.shots[after]
    const to = played.shots[after + 1]
    const origin = originOf(path)
    const montage = montageOf(from, to)
    const lengths = [from, to].flatMap((shot) =>
      shot ? [{ id: shot.scene.id, seconds: (shot.scene.duration * shot.percent) / 100 }] : [],
    )
    const shorter = lengths.reduce((a, b) => (b.seconds < a.seconds ? b : a))
    return {
      after,
      from,
      to,
      transition,
      origin: montage && origin === 'built-in' ? 'montage' : origin,
      path:
        origin === 'explicit' && path !== null
          ? pathOf(path)
          : montage
            ? [...pathOf(montage), 'transition']
            : ['transitions', `${from?.scene.id}->${to?.scene.id}`],
      mostS: Math.floor((shorter.seconds / 2) * 1000) / 1000,
      shorter: shorter.id,
    }
  })
}

export type Written = {
  type: JoinPlace['transition']['type']
  duration: number
  params?: Record<string, unknown>
  effects?: JoinPlace['transition']['effects']
  audio?: { asset_id: string; volume?: number }
}

/** A transition with all that is said of it and nothing else. */
export const writtenOut = ({ type, duration, params, effects, audio }: Written): object => ({
  type,
  ...(type === 'cut' ? {} : { duration }),
  ...(params && Object.keys(params).length > 0 ? { params } : {}),
  ...(effects && effects.length > 0 ? { effects } : {}),
  ...(audio ? { audio } : {}),
})

/** A transition in the shortest words of the language: a name alone where nothing else is said. */
export function shortest(written: Written): unknown {
  const { type, duration, params, effects, audio } = written
  const hasParams = params !== undefined && Object.keys(params).length > 0
  const hasMore = hasParams || (effects?.length ?? 0) > 0 || audio !== undefined
  if (type === 'cut' && !audio) return 'cut'
  if (!hasMore && duration === 0.5 && BUILT_IN_PRESETS.includes(type)) return type
  return writtenOut(written)
}

/** Writes a choice for one join. */
export const chosen = (join: JoinPlace, written: Written): Change[] => [
  { path: join.path, value: shortest(written) },
]

/** Writes the name of a preset for one join, or as the default. */
export const chosenPreset = (join: JoinPlace, name: string): Change[] => [{ path: join.path, value: name }]

/** Writes a choice as the default; what this join had of its own goes, so that it follows from now on. */
export const chosenForAll = (join: JoinPlace, written: Written): Change[] => [
  ...(join.origin === 'pair' ? [{ path: join.path, value: undefined }] : []),
  { path: ['transitions', 'default'], value: shortest(written) },
]

/** Takes away what was written for this join alone; the default, or a cut, takes its place. */
export const plainJoin = ({ origin, path }: JoinPlace): Change[] =>
  origin === 'pair' || (origin === 'montage' && path.at(-1) === 'transition')
    ? [{ path, value: undefined }]
    : origin === 'explicit'
      ? [{ path: path.slice(0, 2), value: undefined }]
      : []

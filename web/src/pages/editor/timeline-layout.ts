/** What stands where on the timeline, in frames of the film. Pure. */
import { dialogueTimes } from '../../../../core/storyboard/dialogue-times.ts'
import { planShots } from '../../../../core/storyboard/plan.ts'
import type { ShotPlan } from '../../../../core/storyboard/plan-types.ts'
import { SYSTEM_ASSETS } from '../../../../core/storyboard/system-assets.ts'
import type { Storyboard } from '../../api/client.ts'
import { lineSound } from '../../document/sounds.ts'

export type Lane = 'dialogue' | 'effects' | 'ambience' | 'music'

export type Block = {
  key: string
  lane: Lane
  startFrame: number
  frames: number
  label: string
  /** Scene that it belongs to; null for what lies under the whole film. */
  sceneId: string | null
  /** Where it stands in the document. */
  path: string
  /** The sound; null for a line that has not been spoken yet, which is done when the film is rendered. */
  assetId: string | null
  /** How much of the sound is over where the block begins. */
  skipS: number
  /** Length of the whole sound; null when nobody knows it. */
  soundS: number | null
  volume: number
  fadeInS: number
  fadeOutS: number
  loop: boolean
}

export type TimelineLayout = { plan: ShotPlan; blocks: Block[] }
export type Shot = ShotPlan['shots'][number]

/** Room after the last shot. */
export const TAIL_PX = 24

/** What is known of sounds, by id. */
export type SoundFacts = ReadonlyMap<string, { name: string; seconds: number | null }>

const CATALOGUE: SoundFacts = new Map(SYSTEM_ASSETS.map(({ id, name, seconds }) => [id, { name, seconds }]))

/** About how long a line takes to say: 15 characters a second. */
const spokenS = (text: string): number => Math.max(0.6, text.length / 15)

/** The layout of a storyboard without faults; null for one that has some. */
export function layoutOf(
  storyboard: Partial<Storyboard>,
  fps: 16 | 24 | 30,
  sounds: SoundFacts = CATALOGUE,
): TimelineLayout | null {
  if (!storyboard.scenes || storyboard.scenes.length === 0) return null
  let plan: ShotPlan
  try {
    plan = planShots(storyboard as Storyboard, { resolution: '720p', aspect: '16:9', fps })
  } catch {
    return null
  }
  const film: Film = { plan, storyboard: storyboard as Storyboard, sounds, scenes: new Map() }
  for (const [index, scene] of film.storyboard.scenes.entries()) film.scenes.set(scene.id, { scene, index })
  return {
    plan,
    blocks: [...dialogue(film), ...effects(film), ...beds(film, 'ambience'), ...beds(film, 'music')],
  }
}

type Scene = Storyboard['scenes'][number]
type Film = {
  plan: ShotPlan
  storyboard: Storyboard
  sounds: SoundFacts
  scenes: Map<string, { scene: Scene; index: number }>
}

const factsOf = ({ sounds }: Film, id: string) =>
  sounds.get(id) ?? CATALOGUE.get(id) ?? { name: 'Sound', seconds: null }

const PLAIN = { skipS: 0, soundS: null, fadeInS: 0, fadeOutS: 0, loop: false } as const

function dialogue({ plan, storyboard, scenes, sounds }: Film): Block[] {
  const { fps } = plan.format
  return dialogueTimes(plan, storyboard).map((line) => {
    const id = lineSound(line)
    const soundS = sounds.get(id)?.seconds ?? null
    const lengthS = soundS === null ? spokenS(line.text) : Math.max(0, soundS - line.skippedS)
    return {
      ...PLAIN,
      key: `${line.sceneId} ${line.index} ${line.startS}`,
      lane: 'dialogue',
      startFrame: Math.round(line.startS * fps),
      frames: Math.max(1, Math.round(Math.min(line.endLimitS - line.startS, lengthS) * fps)),
      label: line.speaker ? `${line.speaker}: ${line.text}` : line.text,
      sceneId: line.sceneId,
      path: `scenes[${scenes.get(line.sceneId)?.index}].audio.dialogue[${line.index}]`,
      assetId: soundS === null ? null : id,
      skipS: soundS === null ? 0 : line.skippedS,
      soundS,
      volume: line.volume,
    }
  })
}

function effects(film: Film): Block[] {
  const { plan, scenes } = film
  const { fps } = plan.format
  return plan.shots.flatMap((shot) => {
    const held = scenes.get(shot.sceneId)
    return (held?.scene.audio?.sfx ?? []).flatMap((effect, index): Block[] => {
      const from = Math.round((effect.start ?? 0) * fps) - shot.inFrame
      if (from >= shot.frames) return []
      // An effect may ring on for a second after its scene.
      const room = shot.frames + fps - Math.max(0, from)
      const { name, seconds } = factsOf(film, effect.asset_id)
      const skip = Math.max(0, -from)
      const length = Math.round((seconds ?? shot.frames / fps) * fps) - skip
      if (length <= 0) return []
      return [
        {
          ...PLAIN,
          key: `${shot.index} ${index}`,
          lane: 'effects',
          startFrame: shot.startFrame + Math.max(0, from),
          frames: Math.max(1, Math.min(length, room)),
          label: name,
          sceneId: shot.sceneId,
          path: `scenes[${held?.index}].audio.sfx[${index}]`,
          assetId: effect.asset_id,
          skipS: skip / fps,
          soundS: seconds,
          volume: effect.volume ?? 1,
        },
      ]
    })
  })
}

/** Beds, one block for as long as one goes on: a scene's own takes the place of the film's. */
function beds(film: Film, lane: 'ambience' | 'music'): Block[] {
  const { plan, storyboard, scenes } = film
  const { fps } = plan.format
  const field = lane === 'music' ? 'music' : 'ambient'
  const whole = storyboard.global_audio?.[field] ?? null
  const blocks: Block[] = []
  for (const shot of plan.shots) {
    const held = scenes.get(shot.sceneId)
    const own = held?.scene.audio?.[field] ?? null
    const bed = own ?? whole
    if (!bed) continue
    const last = blocks.at(-1)
    const sceneId = own ? shot.sceneId : null
    const touches = last !== undefined && last.startFrame + last.frames >= shot.startFrame
    if (last && touches && last.sceneId === sceneId && last.assetId === bed.asset_id) {
      last.frames = shot.startFrame + shot.frames - last.startFrame
      continue
    }
    // The same sound in the next scene goes on instead of beginning anew, unless a fade asks for that.
    const goesOn =
      last && touches && last.assetId === bed.asset_id && !last.fadeOutS && !bed.fade_in && sceneId !== null
    const { name, seconds } = factsOf(film, bed.asset_id)
    blocks.push({
      key: `${lane} ${shot.index}`,
      lane,
      startFrame: shot.startFrame,
      frames: shot.frames,
      label: name,
      sceneId,
      path: own ? `scenes[${held?.index}].audio.${field}` : `global_audio.${field}`,
      assetId: bed.asset_id,
      // The film's own bed runs on while a scene replaces it.
      skipS: goesOn
        ? last.skipS + (shot.startFrame - last.startFrame) / fps
        : (own ? shot.inFrame : shot.startFrame) / fps,
      soundS: seconds,
      volume: bed.volume ?? 1,
      fadeInS: bed.fade_in ?? 0,
      fadeOutS: bed.fade_out ?? 0,
      loop: bed.loop ?? false,
    })
  }
  return blocks
}

/** Places and words of the ruler: steps that keep labels at least `roomPx` apart. */
export function rulerSteps(pxPerS: number, roomPx = 72): { labelS: number; tickS: number } {
  for (const [labelS, tickS] of [
    [1, 0.2],
    [2, 0.5],
    [5, 1],
    [10, 2],
    [30, 5],
    [60, 10],
  ] as const)
    if (labelS * pxPerS >= roomPx) return { labelS, tickS }
  return { labelS: 120, tickS: 30 }
}

/** Every `step` from 0 to `end`. */
export const stepsTo = (end: number, step: number): number[] =>
  Array.from({ length: Math.floor(end / step) + 1 }, (_, at) => at * step)

export type Target = { frame: number; name: string }

/**
 * A place drawn to something near it.
 * @param targets in order of preference
 * @param withinFrames how near is near
 * @param held the target that it stands at already, which lets go a little later than it takes
 */
export function snapped(
  frame: number,
  targets: readonly Target[],
  withinFrames: number,
  held: Target | null = null,
): { frame: number; target: Target | null } {
  if (held && Math.abs(held.frame - frame) <= withinFrames * 1.5) return { frame: held.frame, target: held }
  const near = targets.find((target) => Math.abs(target.frame - frame) <= withinFrames)
  return near ? { frame: near.frame, target: near } : { frame, target: null }
}

/** Where a shot's picture begins and ends on the lane: an overlap is split at its middle. */
export function edgesOf({
  shots,
  joins,
}: Pick<ShotPlan, 'shots' | 'joins'>): { start: number; end: number }[] {
  const overlap = new Map(joins.map((join) => [join.after, join.frames]))
  return shots.map((shot, index) => ({
    start: shot.startFrame + (index > 0 ? (overlap.get(index - 1) ?? 0) / 2 : 0),
    end: shot.startFrame + shot.frames - (index < shots.length - 1 ? (overlap.get(index) ?? 0) / 2 : 0),
  }))
}

/** The shot that plays at a frame of the film, and where in its scene that is. */
export function placeAt(
  { shots, format }: Pick<ShotPlan, 'shots' | 'format'>,
  frame: number,
): { shot: ShotPlan['shots'][number]; sceneS: number } | null {
  const shot = shots.findLast(({ startFrame }) => startFrame <= frame) ?? shots[0]
  if (!shot) return null
  const inShot = Math.max(0, Math.min(shot.frames - 1, frame - shot.startFrame))
  return { shot, sceneS: Math.round(((shot.inFrame + inShot) / format.fps) * 1000) / 1000 }
}

/** The place in the order that a shot takes when its middle is dragged to `middle`. */
export function dropPlace(
  edges: readonly { start: number; end: number }[],
  from: number,
  middle: number,
): number {
  const at = edges.findIndex(({ start, end }) => middle < (start + end) / 2)
  const before = at === -1 ? edges.length : at
  return before > from ? before - 1 : before
}

const LEAST_S = 1
const LONGEST_S = 30
const FILM_S = 300

/** A scene's duration as far as it may go, and what stops it, in words. */
export function heldDuration(
  wantedS: number,
  otherScenesS: number,
): { seconds: number; stop: string | null } {
  const most = Math.min(LONGEST_S, FILM_S - otherScenesS)
  const rounded = Math.round(wantedS * 1000) / 1000
  if (rounded < LEAST_S) return { seconds: LEAST_S, stop: '1 s is the shortest scene' }
  if (rounded > most)
    return {
      seconds: Math.max(LEAST_S, Math.round(most * 1000) / 1000),
      stop: most < LONGEST_S ? '300 s in all' : '30 s is the longest scene',
    }
  return { seconds: rounded, stop: null }
}

export type Window = {
  /** Width of what is seen, in px. */
  width: number
  /** Part that is drawn, in px of the content. */
  from: number
  to: number
}

/** Moves in whole screens, so that it changes seldom. Pure. */
export function windowAt(scrollLeft: number, width: number): Window {
  const screen = Math.floor(Math.max(0, scrollLeft) / width)
  return { width, from: Math.max(0, (screen - 1) * width), to: (screen + 3) * width }
}

/** What things are drawn to, in order of preference: playhead, cuts, in and out, other sounds, whole seconds. */
export function snapTargets(
  { plan, blocks }: TimelineLayout,
  { frame, from, to }: { frame: number; from: number | null; to: number | null },
  except: Block | null,
): Target[] {
  return [
    { frame, name: 'playhead' },
    ...plan.shots.map((shot) => ({ frame: shot.startFrame, name: 'cut' })),
    { frame: plan.frames, name: 'end' },
    ...(from === null ? [] : [{ frame: from, name: 'in' }]),
    ...(to === null ? [] : [{ frame: to, name: 'out' }]),
    ...blocks
      .filter(({ path }) => path !== except?.path)
      .map((block) => ({ frame: block.startFrame, name: 'sound' })),
    ...stepsTo(plan.durationS, 1).map((s) => ({ frame: s * plan.format.fps, name: 'whole second' })),
  ]
}

/** What stands where on the timeline, in frames of the film. Pure. */
import { dialogueTimes } from '../../../../core/storyboard/dialogue-times.ts'
import { planShots } from '../../../../core/storyboard/plan.ts'
import type { ShotPlan } from '../../../../core/storyboard/plan-types.ts'
import { SYSTEM_ASSETS } from '../../../../core/storyboard/system-assets.ts'
import type { Storyboard } from '../../api/client.ts'

export type Lane = 'dialogue' | 'effects' | 'ambience' | 'music'

export type Block = {
  key: string
  lane: Lane
  startFrame: number
  frames: number
  label: string
  /** Scene that it belongs to; null for what lies under the whole film. */
  sceneId: string | null
}

export type TimelineLayout = { plan: ShotPlan; blocks: Block[] }

const NAMES = new Map(SYSTEM_ASSETS.map((asset) => [asset.id, asset.name]))
const SECONDS = new Map(SYSTEM_ASSETS.map((asset) => [asset.id, asset.seconds]))

/** Name of a sound for people; uploaded ones are named by their id until the library tells more. */
export const soundName = (assetId: string): string => NAMES.get(assetId) ?? 'Sound'

/** About how long a line takes to say: 15 characters a second. */
const spokenS = (text: string): number => Math.max(0.6, text.length / 15)

/** The layout of a storyboard without faults; null for one that has some. */
export function layoutOf(storyboard: Partial<Storyboard>, fps: 16 | 24 | 30): TimelineLayout | null {
  if (!storyboard.scenes || storyboard.scenes.length === 0) return null
  let plan: ShotPlan
  try {
    plan = planShots(storyboard as Storyboard, { resolution: '720p', aspect: '16:9', fps })
  } catch {
    return null
  }
  return {
    plan,
    blocks: [
      ...dialogue(plan, storyboard as Storyboard),
      ...effects(plan, storyboard as Storyboard),
      ...beds(plan, storyboard as Storyboard, 'ambience'),
      ...beds(plan, storyboard as Storyboard, 'music'),
    ],
  }
}

function dialogue(plan: ShotPlan, storyboard: Storyboard): Block[] {
  const { fps } = plan.format
  return dialogueTimes(plan, storyboard).map((line) => ({
    key: `${line.sceneId} ${line.index} ${line.startS}`,
    lane: 'dialogue',
    startFrame: Math.round(line.startS * fps),
    frames: Math.max(1, Math.round(Math.min(line.endLimitS - line.startS, spokenS(line.text)) * fps)),
    label: line.speaker ? `${line.speaker}: ${line.text}` : line.text,
    sceneId: line.sceneId,
  }))
}

function effects(plan: ShotPlan, storyboard: Storyboard): Block[] {
  const { fps } = plan.format
  const scenes = new Map(storyboard.scenes.map((scene) => [scene.id, scene]))
  return plan.shots.flatMap((shot) =>
    (scenes.get(shot.sceneId)?.audio?.sfx ?? []).flatMap((effect, index): Block[] => {
      const from = Math.round((effect.start ?? 0) * fps) - shot.inFrame
      if (from >= shot.frames) return []
      // An effect may ring on for a second after its scene.
      const room = shot.frames + fps - from
      const length = Math.round((SECONDS.get(effect.asset_id) ?? shot.frames / fps) * fps)
      return [
        {
          key: `${shot.index} ${index}`,
          lane: 'effects',
          startFrame: shot.startFrame + Math.max(0, from),
          frames: Math.max(1, Math.min(length, room)),
          label: soundName(effect.asset_id),
          sceneId: shot.sceneId,
        },
      ]
    }),
  )
}

/** Beds, one block for as long as one goes on: a scene's own takes the place of the film's. */
function beds(plan: ShotPlan, storyboard: Storyboard, lane: 'ambience' | 'music'): Block[] {
  const field = lane === 'music' ? 'music' : 'ambient'
  const scenes = new Map(storyboard.scenes.map((scene) => [scene.id, scene]))
  const whole = storyboard.global_audio?.[field] ?? null
  const blocks: Block[] = []
  for (const shot of plan.shots) {
    const own = scenes.get(shot.sceneId)?.audio?.[field] ?? null
    const bed = own ?? whole
    if (!bed) continue
    const last = blocks.at(-1)
    const sceneId = own ? shot.sceneId : null
    const label = soundName(bed.asset_id)
    const isSame =
      last &&
      last.label === label &&
      last.sceneId === sceneId &&
      last.startFrame + last.frames >= shot.startFrame
    if (isSame && last) last.frames = shot.startFrame + shot.frames - last.startFrame
    else
      blocks.push({
        key: `${lane} ${shot.index}`,
        lane,
        startFrame: shot.startFrame,
        frames: shot.frames,
        label,
        sceneId,
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

/**
 * A place drawn to something near it.
 * @param targets frames to snap to, in order of preference
 * @param withinFrames how near is near
 */
export function snapped(frame: number, targets: readonly number[], withinFrames: number): number {
  for (const target of targets) if (Math.abs(target - frame) <= withinFrames) return target
  return frame
}

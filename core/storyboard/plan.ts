/** The shot plan: a checked storyboard in whole frames. */
import { type Aspect, type FrameRate, filmFormat, type Resolution, toFrames } from '../media/format.ts'
import { burnInOf, slateSpan } from './burn-in.ts'
import { sceneDetails } from './details.ts'
import type { ClipPlan, Join, Shot, ShotPlan } from './plan-types.ts'
import { assemblePrompt } from './prompts.ts'
import type { RenderOptions } from './render-options.ts'
import { isInner, joinLengths, type PlayedShot, playlist } from './timeline.ts'
import type { Storyboard } from './types.ts'

export type PlanOptions = { resolution: Resolution; aspect: Aspect; fps: FrameRate } & Partial<
  Pick<RenderOptions, 'slate' | 'timecode'>
>

/** Frames of the scene's middle that play. */
function playedRange(shot: PlayedShot, fps: number): { inFrame: number; frames: number } {
  const whole = toFrames(shot.scene.duration, fps)
  const frames = Math.max(1, Math.round((whole * shot.percent) / 100))
  return { inFrame: Math.floor((whole - frames) / 2), frames }
}

/**
 * Plans a film to the frame. `frames` = sum of shot frames - sum of the joins between shots.
 * Clips come in order of first play, so that the film's beginning is generated first.
 * @param storyboard a document that passed validation
 * @throws {UnknownSceneError} when the timeline names a scene that is not there
 */
export function planShots(storyboard: Storyboard, options: PlanOptions): ShotPlan {
  const { resolution, aspect, fps } = options
  const burnIn = burnInOf(options)
  const played = playlist(storyboard)
  const ranges = played.shots.map((shot) => playedRange(shot, fps))
  const lengths = joinLengths(
    played.joins,
    ranges.map((range) => range.frames),
    fps,
  )
  const joins: Join[] = []
  const overlaps = new Map<number, number>()
  for (const [index, join] of played.joins.entries()) {
    const { type, params, effects, audio } = join.transition
    const frames = lengths[index]!.given
    if (type === 'cut' || frames === 0) continue
    joins.push({ after: join.after, type, frames, params, effects, audio })
    if (isInner(join, ranges.length)) overlaps.set(join.after, frames)
  }

  let end = 0
  const shots: Shot[] = played.shots.map((shot, index) => {
    const startFrame = end - (overlaps.get(index - 1) ?? 0)
    end = startFrame + ranges[index]!.frames
    return {
      index,
      sceneId: shot.scene.id,
      path: shot.path,
      ...ranges[index]!,
      startFrame,
      treatment: shot.treatment,
    }
  })

  const format = filmFormat(resolution, aspect, fps)
  const slateEnds = shots.map(({ index }) =>
    burnIn?.slate ? slateSpan({ shots, joins, format }, index).to : null,
  )
  return {
    title: storyboard.title,
    format,
    clips: planClips(storyboard, played.shots, shots, joins, slateEnds, fps),
    shots,
    joins,
    frames: end,
    durationS: end / fps,
    ...(burnIn && { burnIn }),
  }
}

/** One clip for each distinct scene that plays, with every frame at which copying begins or ends in any of its shots. */
function planClips(
  storyboard: Storyboard,
  played: readonly PlayedShot[],
  shots: readonly Shot[],
  joins: readonly Join[],
  slateEnds: readonly (number | null)[],
  fps: number,
): ClipPlan[] {
  const cuts = new Map<string, Set<number>>()
  for (const { sceneId, index, inFrame, frames, startFrame } of shots) {
    const places = cuts.get(sceneId) ?? new Set([0])
    cuts.set(sceneId, places)
    places.add(inFrame).add(inFrame + frames)
    const slateEnd = slateEnds[index] ?? null
    if (slateEnd !== null) places.add(inFrame + slateEnd - startFrame)
    for (const join of joins) {
      if (join.after === index - 1) places.add(inFrame + join.frames)
      if (join.after === index) places.add(inFrame + frames - join.frames)
    }
  }
  const first = new Map<string, PlayedShot>()
  for (const shot of played) if (!first.has(shot.scene.id)) first.set(shot.scene.id, shot)
  return [...first.values()].map(({ scene, sceneIndex }) => {
    const frames = toFrames(scene.duration, fps)
    return {
      sceneId: scene.id,
      sceneNumber: sceneIndex + 1,
      frames,
      durationS: scene.duration,
      writtenPrompt: scene.prompt,
      details: sceneDetails(storyboard, scene),
      ...assemblePrompt(storyboard, scene),
      cutFrames: [...cuts.get(scene.id)!].filter((frame) => frame < frames).sort((a, b) => a - b),
    }
  })
}

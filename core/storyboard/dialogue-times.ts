/** When each line of dialogue is spoken in the film: one answer for the mix and for the captions. Pure. */
import type { ShotPlan } from './plan-types.ts'
import type { Storyboard } from './types.ts'

/** A line as one shot plays it. A scene that is shown twice speaks twice. All times are seconds. */
export type DialogueTime = {
  sceneId: string
  /** Place in the scene's `audio.dialogue`. */
  index: number
  speaker: string | null
  text: string
  volume: number
  /** In the film. */
  startS: number
  /** How much of the line is over when it is first heard: 0, unless the shot begins in the middle of its scene. */
  skippedS: number
  /** In the film: the end of the shot, where what is left of the line is cut. */
  endLimitS: number
}

/**
 * The lines that are heard, in the order in which they begin. A line is heard where its shot plays it: one that begins
 * after the shot has ended is left out; one that began before the shot (a montage plays a scene's middle) is heard from
 * there on, if it is long enough, which only its `skippedS` and its measured length can tell.
 * @param storyboard the document that the plan was made from
 */
export function dialogueTimes(
  plan: Pick<ShotPlan, 'shots' | 'format'>,
  storyboard: Pick<Storyboard, 'scenes'>,
): DialogueTime[] {
  const { fps } = plan.format
  const scenes = new Map(storyboard.scenes.map((scene) => [scene.id, scene]))
  return plan.shots
    .flatMap(({ sceneId, inFrame, frames, startFrame }) =>
      (scenes.get(sceneId)?.audio?.dialogue ?? []).flatMap((line, index): DialogueTime[] => {
        const fromShotS = (line.start ?? 0) - inFrame / fps
        if (fromShotS >= frames / fps) return []
        return [
          {
            sceneId,
            index,
            speaker: line.speaker ?? null,
            text: line.text,
            volume: line.volume ?? 1,
            startS: startFrame / fps + Math.max(0, fromShotS),
            skippedS: Math.max(0, -fromShotS),
            endLimitS: (startFrame + frames) / fps,
          },
        ]
      }),
    )
    .sort((a, b) => a.startS - b.startS)
}

/** Name of a line within its storyboard: key of the step that speaks it. */
export const lineKey = ({ sceneId, index }: Pick<DialogueTime, 'sceneId' | 'index'>): string =>
  `${sceneId}/${index}`

/** Where scenes play, for whoever goes to one. Pure. */

/** Where a scene plays, with what joins it to its neighbours, and the first frame that it has to itself. */
export type Place = { sceneId: string; start: number; alone: number; end: number }

/** @param shots in the order they play, in frames */
export const placesOf = (shots: readonly { sceneId: string; start: number; frames: number }[]): Place[] =>
  shots.map(({ sceneId, start, frames }, at) => {
    const before = shots[at - 1]
    const end = start + frames
    return {
      sceneId,
      start,
      alone: Math.min(end - 1, Math.max(start, before ? before.start + before.frames : 0)),
      end,
    }
  })

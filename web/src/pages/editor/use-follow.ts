import { useEffect, useRef } from 'react'
import type { Player } from '../../player.ts'
import type { Place } from './places.ts'

/** The playhead goes to the scene that is chosen, unless it is there already or the film plays. */
export function useFollow(player: Player, places: readonly Place[], sceneId: string | undefined): void {
  const followed = useRef<string>(undefined)
  useEffect(() => {
    if (sceneId === followed.current) return
    const first = places.find((place) => place.sceneId === sceneId)
    // It may be new, and have no place yet.
    if (!first) return
    followed.current = sceneId
    const { frame, playing } = player.state()
    const isThere = places.some(
      (place) => place.sceneId === sceneId && frame >= place.start && frame < place.end,
    )
    if (!playing && !isThere) player.seek(first.alone)
  }, [player, places, sceneId])
}

/** The layout of the storyboard as it is now; while something is wrong with the text, as it was before. */
import { useEffect, useMemo, useState } from 'react'
import type { Snapshot } from '../../../document/store.ts'
import { layoutOf, type SoundFacts, type TimelineLayout } from '../timeline-layout.ts'

export function useLayout(
  { checked, document }: Snapshot,
  fps: number,
  sounds: SoundFacts,
): { layout: TimelineLayout | null; isSound: boolean } {
  const isSound = checked !== null && checked.errors.length === 0
  const [last, setLast] = useState<TimelineLayout | null>(null)
  const fresh = useMemo(
    () => (isSound ? layoutOf(document, fps as 16 | 24 | 30, sounds) : null),
    [isSound, document, fps, sounds],
  )
  useEffect(() => {
    if (fresh) setLast(fresh)
  }, [fresh])
  return { layout: fresh ?? last, isSound }
}

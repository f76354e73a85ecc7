/** The keys of the timeline and what they do. */
import { shotPlace } from '../../../document/shots.ts'
import type { Shot } from '../timeline-layout.ts'
import type { EditorKey } from '../use-keys.tsx'
import type { Edits } from './edits.ts'
import type { Hand } from './use-gesture.ts'

import type { Zoom } from './use-zoom.ts'

export function timelineKeys({
  shots,
  active,
  canChange,
  edits,
  hand,
  zoom,
  fps,
  onSnapping,
  onNothing,
  onJoin,
  onAgain,
}: {
  shots: readonly Shot[]
  /** The shot that keys work on. */
  active: () => Shot | undefined
  canChange: boolean
  edits: Edits
  hand: Hand
  zoom: Zoom
  fps: number
  onSnapping: () => void
  /** Selects nothing. */
  onNothing: () => void
  onJoin: (shot: Shot) => void
  onAgain: (shot: Shot) => void
}): EditorKey[] {
  const half = Math.round(fps / 2)
  const onShot =
    (work: (shot: Shot) => void) =>
    (target: HTMLElement | null): unknown => {
      const shot = active()
      // Cards are moved by the same keys, in their own list.
      if (!shot || target?.closest('[data-card]')) return false
      return work(shot)
    }
  const onAnyShot = (work: (shot: Shot) => void) => (): unknown => {
    const shot = active()
    return shot ? work(shot) : false
  }
  const change = { when: canChange }
  const nudge = (frames: number) => onAnyShot((shot) => edits.nudgeDuration(shot, frames / fps))
  /** Onto the next shot's place; into its group, where it stands in one. */
  const move = (by: number) =>
    onShot((shot) => {
      const other = shots[shot.index + by]
      if (!other) return
      const { group, index } = shotPlace(other.path)
      edits.moveShot(shot, other.index, group ? index : null)
    })
  return [
    { id: 'zoom-in', title: 'Zoom in', keys: '+', run: zoom.zoomIn },
    { id: 'zoom-in-too', title: 'Zoom in', keys: '=', run: zoom.zoomIn },
    { id: 'zoom-out', title: 'Zoom out', keys: '-', run: zoom.zoomOut },
    { id: 'zoom-all', title: 'Show all of the film', keys: '0', run: zoom.fit },
    { id: 'snapping', title: 'Snapping on or off', keys: 'S', run: onSnapping },
    {
      id: 'select-nothing',
      title: 'Select nothing',
      keys: 'Escape',
      run: () => (hand.cancel() ? undefined : onNothing()),
    },
    { ...change, id: 'transition', title: 'Change the transition', keys: 'T', run: onAnyShot(onJoin) },
    { ...change, id: 'shorter', title: 'Shorten the shot by a frame', keys: '[', run: nudge(-1) },
    { ...change, id: 'longer', title: 'Lengthen the shot by a frame', keys: ']', run: nudge(1) },
    {
      ...change,
      id: 'much-shorter',
      title: 'Shorten the shot by half a second',
      keys: '{',
      run: nudge(-half),
    },
    {
      ...change,
      id: 'much-longer',
      title: 'Lengthen the shot by half a second',
      keys: '}',
      run: nudge(half),
    },
    { ...change, id: 'earlier', title: 'Move the shot earlier', keys: 'Alt+ArrowLeft', run: move(-1) },
    { ...change, id: 'later', title: 'Move the shot later', keys: 'Alt+ArrowRight', run: move(1) },
    { ...change, id: 'again', title: 'Play the scene again', run: onAnyShot(onAgain) },
  ]
}

/** How large the film is drawn, and which part of it is seen. */
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { Player } from '../../../player.ts'
import { TAIL_PX } from '../timeline-layout.ts'
import { useWindow } from './use-window.ts'

export const LEAST_PX_PER_S = 2
export const MOST_PX_PER_S = 240
const STEP = 1.4

const held = (value: number): number => Math.max(LEAST_PX_PER_S, Math.min(MOST_PX_PER_S, value))

export type Zoom = ReturnType<typeof useZoom>

/** @param durationS of the film; null while there is none */
export function useZoom(player: Player, durationS: number | null) {
  const { fps } = player
  const [seen, box, setBox] = useWindow()
  const [chosen, setChosen] = useState<number | null>(null)
  const anchor = useRef<{ seconds: number; screenPx: number } | null>(null)
  const all = durationS === null ? 40 : Math.max(LEAST_PX_PER_S, (seen.width - TAIL_PX) / durationS)
  const scale = chosen ?? Math.min(MOST_PX_PER_S, all)
  const px = (frames: number): number => (frames / fps) * scale

  /** What is at `screenPx` of the box stays there; without it, the playhead. */
  const zoom = (to: number, screenPx?: number): void => {
    if (!box) return
    const at = screenPx ?? px(player.state().frame) - box.scrollLeft
    const onScreen = at >= 0 && at <= box.clientWidth ? at : box.clientWidth / 2
    anchor.current = { seconds: (box.scrollLeft + onScreen) / scale, screenPx: onScreen }
    setChosen(held(to))
  }
  useLayoutEffect(() => {
    if (box && anchor.current) box.scrollLeft = anchor.current.seconds * scale - anchor.current.screenPx
    anchor.current = null
  }, [box, scale])

  const onWheel = (event: WheelEvent): void => {
    if (!box) return
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault()
      zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - box.getBoundingClientRect().left)
    } else if (event.deltaY !== 0 && event.deltaX === 0 && !event.shiftKey) {
      // A plain wheel travels along the film.
      event.preventDefault()
      box.scrollLeft += event.deltaY
    }
  }
  const newest = useRef(onWheel)
  newest.current = onWheel
  useEffect(() => {
    if (!box) return
    const wheel = (event: WheelEvent): void => newest.current(event)
    box.addEventListener('wheel', wheel, { passive: false })
    return () => box.removeEventListener('wheel', wheel)
  }, [box])

  return {
    box,
    setBox,
    seen,
    scale,
    px,
    toFrames: (pixels: number): number => (pixels / scale) * fps,
    zoom,
    zoomIn: () => zoom(scale * STEP),
    zoomOut: () => zoom(scale / STEP),
    fit: () => setChosen(null),
  }
}

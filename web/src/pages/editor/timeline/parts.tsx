/** What stands around the lanes: the clock, the playhead and the whole film in one strip. */
import { type PointerEvent, useEffect, useRef, useSyncExternalStore } from 'react'
import { timecode } from '../../../format.ts'
import type { Player } from '../../../player.ts'
import styles from '../timeline.module.css'

export function TimeOf({ player }: { player: Player }) {
  const { frame } = useSyncExternalStore(player.subscribe, player.state)
  return <span className={`${styles.time} tabular`}>{timecode(frame, player.fps)}</span>
}

/** Moves by transform alone, without the timeline being drawn again. */
export function PlayheadLine({
  player,
  scale,
  box,
}: {
  player: Player
  scale: number
  box: HTMLElement | null
}) {
  const line = useRef<HTMLDivElement>(null)
  useEffect(() => {
    let shown = -1
    const show = (): void => {
      const { frame } = player.state()
      const at = (frame / player.fps) * scale
      if (line.current) line.current.style.transform = `translateX(${at}px)`
      // Going past the edge turns the page; what did not move turns nothing.
      const isMoved = frame !== shown && shown !== -1
      shown = frame
      if (box && isMoved && (at > box.scrollLeft + box.clientWidth || at < box.scrollLeft))
        box.scrollLeft = at - 24
    }
    show()
    return player.subscribe(show)
  }, [player, scale, box])
  return <div ref={line} className={styles.playhead} />
}

/** All shots in one line, with what is seen below as a window that is dragged to travel. */
export function WholeFilm({
  edges,
  frames,
  selected,
  changed,
  contentPx,
  box,
}: {
  edges: readonly { start: number; end: number }[]
  frames: number
  selected: ReadonlySet<number>
  /** Shots whose scene would be rendered anew. */
  changed: ReadonlySet<number>
  contentPx: number
  box: HTMLElement | null
}) {
  const pane = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!box) return
    const show = (): void => {
      if (!pane.current) return
      pane.current.style.left = `${(box.scrollLeft / contentPx) * 100}%`
      pane.current.style.width = `${Math.min(1, box.clientWidth / contentPx) * 100}%`
    }
    show()
    box.addEventListener('scroll', show, { passive: true })
    const observer = new ResizeObserver(show)
    observer.observe(box)
    return () => {
      box.removeEventListener('scroll', show)
      observer.disconnect()
    }
  }, [box, contentPx])
  const travel = (event: PointerEvent<HTMLElement>): void => {
    if (event.type === 'pointerdown') event.currentTarget.setPointerCapture(event.pointerId)
    else if (event.buttons === 0) return
    const { left, width } = event.currentTarget.getBoundingClientRect()
    if (box) box.scrollLeft = ((event.clientX - left) / width) * contentPx - box.clientWidth / 2
  }
  return (
    <div className={styles.whole} aria-hidden="true" onPointerDown={travel} onPointerMove={travel}>
      {edges.map(({ start, end }, index) => (
        <i
          // biome-ignore lint/suspicious/noArrayIndexKey: a shot is its place
          key={index}
          data-on={selected.has(index)}
          data-changed={changed.has(index)}
          style={{ left: `${(start / frames) * 100}%`, width: `${((end - start) / frames) * 100}%` }}
        />
      ))}
      <div ref={pane} className={styles.pane} />
    </div>
  )
}

/** Time above the lanes; pressed or dragged over, the playhead goes there. */
import type { PointerEvent } from 'react'
import { clock } from '../../../format.ts'
import styles from '../timeline.module.css'
import { rulerSteps, stepsTo, type Window } from '../timeline-layout.ts'

/** Room that a time takes. */
const LABEL_PX = 32

export function Ruler({
  durationS,
  scale,
  seen,
  contentPx,
  onSeek,
}: {
  durationS: number
  /** Pixels a second. */
  scale: number
  seen: Window
  contentPx: number
  /** @param seconds of the film */
  onSeek: (seconds: number) => void
}) {
  const { labelS, tickS } = rulerSteps(scale)
  const isSeen = (from: number, to: number): boolean => from * scale < seen.to && to * scale > seen.from
  const scrub = (event: PointerEvent<HTMLElement>): void => {
    if (event.type === 'pointerdown') event.currentTarget.setPointerCapture(event.pointerId)
    else if (event.buttons === 0) return
    onSeek((event.clientX - event.currentTarget.getBoundingClientRect().left) / scale)
  }
  return (
    <div className={`${styles.ruler} tabular`} onPointerDown={scrub} onPointerMove={scrub}>
      {stepsTo(durationS, tickS)
        .filter((seconds) => isSeen(seconds, seconds + 1))
        .map((seconds) => (
          <i key={seconds} style={{ left: seconds * scale }} />
        ))}
      {stepsTo(durationS, labelS)
        .filter((seconds) => isSeen(seconds, seconds + labelS) && seconds * scale + LABEL_PX <= contentPx)
        .map((seconds) => (
          <span key={seconds} style={{ left: seconds * scale }}>
            {clock(seconds)}
          </span>
        ))}
    </div>
  )
}

/** The film along a line, with its scenes, the part that is looked at, and the playhead. */
import { type PointerEvent, useState } from 'react'
import { timecode } from '../../format.ts'
import type { Player, Playhead } from '../../player.ts'
import styles from './film.module.css'
import { placeName } from './films.ts'
import { type Side, segmentAt } from './segments.ts'

export function SeekBar({
  side,
  player,
  playhead,
  marked,
}: {
  side: Side
  player: Player
  playhead: Playhead
  /** Scenes that are different from the other film's. */
  marked?: ReadonlySet<string>
}) {
  const { segments, fps } = side
  const [over, setOver] = useState<number | null>(null)
  const last = Math.max(1, side.frames - 1)
  const frame = Math.min(playhead.frame, last)
  const share = (at: number): string => `${(Math.max(0, Math.min(side.frames, at)) / side.frames) * 100}%`
  const here = segments.length > 0 ? placeName(side, segmentAt(segments, frame)) : ''
  const hover = (event: PointerEvent<HTMLElement>): void => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    setOver(Math.max(0, Math.min(last, Math.floor(((event.clientX - left) / width) * side.frames))))
  }
  return (
    <div className={styles.seek} onPointerMove={hover} onPointerLeave={() => setOver(null)}>
      <div className={styles.segments} aria-hidden="true">
        {segments.map(({ sceneId, start, end }, at) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: a scene may play twice, and shots have no other name
            key={`${at} ${sceneId}`}
            className={styles.segment}
            data-on={frame >= start && frame < end}
            data-marked={marked?.has(sceneId) ?? false}
            style={{ left: share(start), width: share(end - start) }}
          >
            <b>{String(at + 1).padStart(2, '0')}</b>
          </span>
        ))}
      </div>
      <div className={styles.line} aria-hidden="true">
        <i style={{ width: share(frame) }} />
        {playhead.from !== null || playhead.to !== null ? (
          <span
            className={styles.part}
            style={{
              left: share(playhead.from ?? 0),
              width: share((playhead.to ?? last) + 1 - (playhead.from ?? 0)),
            }}
          />
        ) : null}
        <span className={styles.head} style={{ left: share(frame) }} />
      </div>
      <input
        className={styles.range}
        type="range"
        min={0}
        max={last}
        value={frame}
        aria-label="Place in the film"
        aria-valuetext={[timecode(frame, fps), here].filter(Boolean).join(', ')}
        onChange={(event) => player.seek(Number(event.target.value))}
      />
      {over === null ? null : (
        <span className={`${styles.tip} tabular`} style={{ left: share(over) }} aria-hidden="true">
          {timecode(over, fps)}
          {segments.length > 0 ? ` ${placeName(side, segmentAt(segments, over))}` : ''}
        </span>
      )}
    </div>
  )
}

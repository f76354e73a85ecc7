/** Time code and the buttons of a film; every one has a key of its own. */
import type { ReactNode, RefObject } from 'react'
import { timecode } from '../../format.ts'
import type { Player, Playhead } from '../../player.ts'
import { IconButton } from '../../ui/controls.tsx'
import styles from './film.module.css'
import type { Film } from './films.ts'
import { set, toggleCaptions, toggleMuted, useSettings } from './settings.ts'

/** Shows the element over the whole screen, or no longer. */
export function toggleFullScreen(element: HTMLElement | null): void {
  if (document.fullscreenElement) document.exitFullscreen().catch(() => {})
  else element?.requestFullscreen?.().catch(() => {})
}

const speedOf = ({ playing, speed }: Playhead): string => (playing ? `${speed}×`.replace('-', '−') : '1×')

export function Transport({
  film,
  player,
  playhead,
  frames,
  whole,
  children,
}: {
  film: Film
  player: Player
  playhead: Playhead
  frames: number
  /** What is shown over the whole screen. */
  whole: RefObject<HTMLElement | null>
  /** More of it, for a page that has more. */
  children?: ReactNode
}) {
  const { fps } = film.output.metadata
  const settings = useSettings()
  const { frame, playing, loop, from, to } = playhead
  const hasCaptions = film.output.captions !== null
  return (
    <div className={styles.transport}>
      <p className={`${styles.time} tabular`}>
        <b role="timer" aria-label="Time code">
          {timecode(frame, fps)}
        </b>
        <span className={styles.whole}>/ {timecode(frames, fps)}</span>
        <span className={styles.frameNumber}>f{frame}</span>
        <span className={styles.rate}>{fps} fps</span>
      </p>
      <div className={styles.buttons}>
        <IconButton icon="previous" label="Previous cut" onClick={() => player.seekCut(-1)} />
        <IconButton icon="frameBack" label="One frame back" onClick={() => player.seek(frame - 1)} />
        <button
          type="button"
          className={styles.play}
          title={playing ? 'Pause' : 'Play'}
          aria-label={playing ? 'Pause' : 'Play'}
          onClick={player.toggle}
        >
          <PlayShape playing={playing} />
        </button>
        <IconButton icon="frameOn" label="One frame on" onClick={() => player.seek(frame + 1)} />
        <IconButton icon="next" label="Next cut" onClick={() => player.seekCut(1)} />
      </div>
      <div className={styles.more}>
        {children}
        <span className={`${styles.speed} tabular`}>{speedOf(playhead)}</span>
        <span className={styles.inOut}>
          <button
            type="button"
            title="In (I)"
            aria-label="In"
            aria-pressed={from !== null}
            onClick={player.setIn}
          >
            In
          </button>
          <button
            type="button"
            title="Out (O)"
            aria-label="Out"
            aria-pressed={to !== null}
            onClick={player.setOut}
          >
            Out
          </button>
          {from !== null || to !== null ? (
            <button type="button" title="Clear in and out (X)" onClick={player.clearPart}>
              Clear
            </button>
          ) : null}
        </span>
        <IconButton icon="loop" label="Loop" aria-pressed={loop} onClick={() => player.setLoop(!loop)} />
        <IconButton
          icon="captions"
          label={hasCaptions ? 'Captions (V)' : 'Nothing is said in this film'}
          aria-pressed={hasCaptions && settings.captions}
          disabled={!hasCaptions}
          onClick={toggleCaptions}
        />
        <IconButton
          icon={settings.muted ? 'muted' : 'sound'}
          label={settings.muted ? 'Sound on (M)' : 'Sound off (M)'}
          onClick={toggleMuted}
        />
        <input
          className={styles.volume}
          type="range"
          aria-label="Volume"
          min={0}
          max={1}
          step={0.05}
          value={settings.muted ? 0 : settings.volume}
          onChange={(event) => set({ volume: Number(event.target.value), muted: event.target.value === '0' })}
        />
        <IconButton icon="full" label="Full screen (F)" onClick={() => toggleFullScreen(whole.current)} />
      </div>
    </div>
  )
}

const PlayShape = ({ playing }: { playing: boolean }) => (
  <svg aria-hidden="true" width="16" height="16" viewBox="0 0 16 16" fill="currentColor">
    <path d={playing ? 'M4 3h3v10H4zM9 3h3v10H9z' : 'M5 2.500v11L13.500 8z'} />
  </svg>
)

/** The head of the timeline: time, snapping, keys, zoom. */
import type { Player } from '../../../player.ts'
import { Button, IconButton } from '../../../ui/controls.tsx'
import styles from '../timeline.module.css'
import { TimeOf } from './parts.tsx'
import { LEAST_PX_PER_S, MOST_PX_PER_S, type Zoom } from './use-zoom.ts'

export function Head({
  player,
  zoom: { scale, zoom, fit },
  isSnapping,
  onSnapping,
}: {
  player: Player
  zoom: Zoom
  isSnapping: boolean
  onSnapping: () => void
}) {
  return (
    <div className={styles.head}>
      <TimeOf player={player} />
      <IconButton
        icon="snap"
        label={isSnapping ? 'Snapping is on (S)' : 'Snapping is off (S)'}
        aria-pressed={isSnapping}
        onClick={onSnapping}
      />
      <span className={styles.keys}>
        <kbd>←</kbd> <kbd>→</kbd> frame <kbd>Alt</kbd> <kbd>→</kbd> move shot <kbd>[</kbd> <kbd>]</kbd>{' '}
        shorten, lengthen <kbd>T</kbd> transition <kbd>?</kbd> all keys
      </span>
      <span className={styles.push} />
      <Button look="plain" title="All of the film (0)" onClick={fit}>
        Fit
      </Button>
      <input
        className={styles.zoom}
        type="range"
        aria-label="Zoom"
        min={Math.log(LEAST_PX_PER_S)}
        max={Math.log(MOST_PX_PER_S)}
        step={0.01}
        value={Math.log(scale)}
        onChange={(event) => zoom(Math.exp(Number(event.target.value)))}
      />
    </div>
  )
}

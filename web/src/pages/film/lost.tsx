/** A film that does not play. */
import { Button } from '../../ui/controls.tsx'
import { Downloads } from './downloads.tsx'
import styles from './film.module.css'
import type { Film } from './films.ts'

export function Lost({
  film,
  again,
  canRender,
  onRender,
}: {
  film: Film
  /** `Render again: 0 credits` */
  again: string
  canRender: boolean
  onRender: () => void
}) {
  return (
    <div className={styles.empty} role="alert">
      <p>This film could not be played. It may have been removed.</p>
      <div className={styles.actions}>
        <Downloads film={film} />
        <Button disabled={!canRender} onClick={onRender}>
          {again}
        </Button>
      </div>
    </div>
  )
}

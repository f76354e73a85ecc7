/** A project of which there is no film yet. */
import { Button } from '../../ui/controls.tsx'
import { Icon } from '../../ui/icon.tsx'
import styles from './film.module.css'

/** What there is to do where there is nothing to see. */
export function NoFilm({
  canRender,
  onRender,
}: {
  canRender: boolean
  onRender: (options: { engine?: 'preview' }) => void
}) {
  return (
    <div className={styles.empty}>
      <Icon name="film" size={32} />
      <p>No film yet.</p>
      <div className={styles.actions}>
        <Button icon="play" disabled={!canRender} onClick={() => onRender({ engine: 'preview' })}>
          Play the animatic
        </Button>
        <Button disabled={!canRender} onClick={() => onRender({})}>
          Render
        </Button>
      </div>
    </div>
  )
}

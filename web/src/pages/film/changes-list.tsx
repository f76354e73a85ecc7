/** What is different in the first of two films. */
import type { ReactNode } from 'react'
import { count } from '../../format.ts'
import type { Player } from '../../player.ts'
import { Icon } from '../../ui/icon.tsx'
import type { Changes } from './changes.ts'
import styles from './film.module.css'
import type { Side } from './segments.ts'

export function ChangesList({
  changes,
  side,
  player,
  children,
}: {
  changes: Changes
  side: Side
  player: Player
  /** Said before the list. */
  children: ReactNode
}) {
  const { scenes, removed, film, identical } = changes
  const isSame = scenes.length + removed.length + film.length === 0
  return (
    <aside className={styles.changes} aria-label="Changed in A">
      {children}
      <h2>Changed in A</h2>
      {isSame ? <p>Nothing is different.</p> : null}
      <ul>
        {scenes.map(({ sceneId, number, what }) => {
          const segment = side.segments.find((one) => one.sceneId === sceneId)
          return (
            <li key={sceneId}>
              <button
                type="button"
                className="tabular"
                disabled={!segment}
                onClick={() => segment && player.seek(segment.start)}
              >
                <Icon name="diamond" size={12} />
                <b>{String(number).padStart(2, '0')}</b> {what.join(', ')}
                <small>{sceneId}</small>
              </button>
            </li>
          )
        })}
        {film.length > 0 ? <li>Film: {film.join(', ')}</li> : null}
        {removed.length > 0 ? <li>Only in B: {removed.join(', ')}</li> : null}
      </ul>
      {identical > 0 ? <p>{count(identical, 'scene')} the same, bit for bit</p> : null}
    </aside>
  )
}

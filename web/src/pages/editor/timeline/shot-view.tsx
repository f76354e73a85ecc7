/** One shot of the lane. Drawn again only when something about it changed: a film has a hundred of them. */
import { type KeyboardEvent, memo, type PointerEvent } from 'react'
import { Icon } from '../../../ui/icon.tsx'
import styles from '../timeline.module.css'

export type ShotHandlers = {
  press: (event: PointerEvent<HTMLElement>, index: number, kind: 'move' | 'trim') => void
  move: (event: PointerEvent<HTMLElement>) => void
  release: (event: PointerEvent<HTMLElement>) => void
  cancel: () => void
  key: (event: KeyboardEvent<HTMLElement>, index: number) => void
}

const NUMBER_FROM_PX = 40
const NAME_FROM_PX = 56
const SECONDS_FROM_PX = 110
const LINK_FROM_PX = 72

export const ShotView = memo(function ShotView({
  index,
  name,
  left,
  width,
  seconds,
  startS,
  picture,
  share,
  state,
  group,
  partFrom,
  partTo,
  times,
  isSelected,
  isTabStop,
  isEditable,
  handlers,
}: {
  index: number
  name: string
  left: number
  width: number
  seconds: number
  startS: number
  picture: string | null
  /** How much of it a running render has made. */
  share: number
  /** `changed` is marked. */
  state: string
  /** `Flashback` or `Montage`, when it plays in one. */
  group: string | null
  /** The part of its scene that plays, 0 to 1; both null: all of it. */
  partFrom: number | null
  partTo: number | null
  /** How often its scene plays in the film. */
  times: number
  isSelected: boolean
  isTabStop: boolean
  isEditable: boolean
  handlers: ShotHandlers
}) {
  const seen = (from: number): string => (width >= from ? '' : 'sr-only')
  const isPart = partFrom !== null && partTo !== null
  return (
    <div
      role="option"
      tabIndex={isTabStop ? 0 : -1}
      className={styles.shot}
      aria-selected={isSelected}
      data-shot={index}
      data-scene={name}
      style={{ left, width }}
      onPointerDown={(event) => handlers.press(event, index, 'move')}
      onPointerMove={handlers.move}
      onPointerUp={handlers.release}
      onPointerCancel={handlers.cancel}
      onKeyDown={(event) => handlers.key(event, index)}
    >
      <span
        className={styles.shotPicture}
        style={picture ? { backgroundImage: `url(${JSON.stringify(picture)})` } : undefined}
      />
      {isPart ? (
        <span className={styles.shotPart} aria-hidden="true">
          <i style={{ left: `${partFrom * 100}%`, right: `${(1 - partTo) * 100}%` }} />
        </span>
      ) : null}
      {times > 1 ? (
        <span className={styles.shotLink} hidden={width < LINK_FROM_PX} title={`Plays ${times} times`}>
          <Icon name="link" size={12} />
        </span>
      ) : null}
      {share > 0 ? (
        <span className={styles.shotBar} aria-hidden="true">
          <i style={{ width: `${share * 100}%` }} />
        </span>
      ) : null}
      <span className={`${styles.shotName} tabular`}>
        <span>
          {state === 'changed' ? (
            <span className={styles.shotChanged} hidden={width < NUMBER_FROM_PX}>
              <Icon name="diamond" size={10} />
            </span>
          ) : null}
          <span className="sr-only">Shot </span>
          <span className={seen(NUMBER_FROM_PX)}>{String(index + 1).padStart(2, '0')}</span>{' '}
          <span className={seen(NAME_FROM_PX)}>
            {name}
            {group ? <span className="sr-only">, {group}</span> : null}
          </span>
        </span>
        <span className={seen(SECONDS_FROM_PX)}>
          {seconds.toFixed(1)}
          <span className="sr-only">
            {' '}
            seconds, starts at {startS.toFixed(1)}
            {state === 'changed' ? ', changed' : ''}
            {isPart ? `, ${Math.round((partTo - partFrom) * 100)} percent of its scene` : ''}
            {times > 1 ? `, its scene plays ${times} times` : ''}
          </span>
        </span>
      </span>
      {isEditable ? (
        <span
          className={styles.edge}
          onPointerDown={(event) => handlers.press(event, index, 'trim')}
          onPointerMove={handlers.move}
          onPointerUp={handlers.release}
          onPointerCancel={handlers.cancel}
        />
      ) : null}
    </div>
  )
})

/** A sound on the page: pointed at or pressed, it is heard. */
import { type ReactNode, useEffect, useRef, useSyncExternalStore } from 'react'
import { audition, type Peaks } from '../../media.ts'
import { Icon } from '../../ui/icon.tsx'
import { Wave } from '../../ui/wave.tsx'
import styles from '../library.module.css'

/** Passing over a sound is not asking for it. */
const DWELL_MS = 350

export function SoundFigure({
  id,
  name,
  peaks,
  children,
}: {
  id: string
  name: string
  peaks: Peaks | null
  children?: ReactNode
}) {
  const heard = useSyncExternalStore(audition.subscribe, audition.heard)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const isMine = heard.id === id && heard.state !== 'quiet'
  useEffect(() => () => clearTimeout(timer.current), [])
  return (
    <button
      type="button"
      className={styles.figure}
      data-on={isMine}
      aria-label={isMine ? `Stop ${name}` : `Play ${name}`}
      onClick={() => {
        clearTimeout(timer.current)
        audition.toggle(id)
      }}
      onPointerEnter={({ pointerType }) => {
        if (pointerType === 'mouse' && !isMine)
          timer.current = setTimeout(() => audition.toggle(id), DWELL_MS)
      }}
      onPointerLeave={() => {
        clearTimeout(timer.current)
        if (audition.heard().id === id) audition.stop()
      }}
    >
      {peaks ? <Wave className={styles.wave} peaks={peaks} /> : <Icon name="sound" size={24} />}
      <span className={styles.plate}>
        <Icon name={isMine ? 'pause' : 'play'} size={12} />
        {children}
      </span>
    </button>
  )
}

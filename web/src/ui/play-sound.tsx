/** Hearing one sound: its button, wherever it stands. */
import { useSyncExternalStore } from 'react'
import { audition } from '../media.ts'
import { IconButton } from './controls.tsx'

export function PlaySound({
  id,
  name,
  volume = 1,
  disabled = false,
  tabIndex,
}: {
  id: string
  name: string
  volume?: number
  disabled?: boolean
  tabIndex?: number
}) {
  const heard = useSyncExternalStore(audition.subscribe, audition.heard)
  const isMine = heard.id === id && heard.state !== 'quiet'
  return (
    <IconButton
      icon={isMine ? 'pause' : 'play'}
      label={isMine ? `Stop ${name}` : `Play ${name}`}
      disabled={disabled}
      {...(tabIndex === undefined ? {} : { tabIndex })}
      onClick={() => audition.toggle(id, volume)}
    />
  )
}

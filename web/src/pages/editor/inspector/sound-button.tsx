/** A button that opens the list of sounds. */
import { lazy, Suspense, useState } from 'react'
import type { Sound } from '../../../media.ts'
import { Button } from '../../../ui/controls.tsx'
import type { Editing } from './editing.ts'

const PickSound = lazy(() => import('../pick/pick-sound.tsx'))

export function SoundButton({
  editing,
  label,
  title,
  prefers,
  used,
  disabled = false,
  onPick,
}: {
  editing: Editing
  label: string
  title: string
  prefers: Sound['category']
  used?: string | undefined
  disabled?: boolean
  onPick: (sound: Sound) => void
}) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button disabled={disabled || !editing.isEditable} onClick={() => setOpen(true)}>
        {label}
      </Button>
      {isOpen ? (
        <Suspense fallback={null}>
          <PickSound
            owner={editing.owner}
            title={title}
            prefers={prefers}
            used={used}
            onClose={() => setOpen(false)}
            onPick={(sound) => {
              setOpen(false)
              onPick(sound)
            }}
          />
        </Suspense>
      ) : null}
    </>
  )
}

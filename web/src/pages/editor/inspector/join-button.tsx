/** What joins a shot to its neighbour, as a button that opens the choice. */
import { lazy, Suspense, useState } from 'react'
import { chosen, chosenForAll, type JoinPlace, ORIGIN_WORDS } from '../../../document/joins.ts'
import type { Editing } from './editing.ts'
import { Limited } from './fields.tsx'

const PickTransition = lazy(() => import('../pick/pick-transition.tsx'))

/** `Dissolve 0.6 s` */
export const joinWords = ({ transition: { type, durationS } }: JoinPlace): string =>
  `${type[0]!.toUpperCase()}${type.slice(1)}${type === 'cut' ? '' : ` ${durationS.toFixed(1)} s`}`

/** The dialog for one join, wherever it was asked for. */
export function JoinDialog({
  editing,
  join,
  isDefault = false,
  pictureOf,
  onClose,
}: {
  editing: Pick<Editing, 'change' | 'owner' | 'sounds'>
  join: JoinPlace
  isDefault?: boolean
  pictureOf: (sceneId: string) => string | null
  onClose: () => void
}) {
  const { from, to } = join
  return (
    <Suspense fallback={null}>
      <PickTransition
        join={join}
        isDefault={isDefault}
        owner={editing.owner}
        sounds={editing.sounds}
        pictures={[from ? pictureOf(from.scene.id) : null, to ? pictureOf(to.scene.id) : null]}
        onClose={onClose}
        onPick={(written, forAll) => {
          onClose()
          if (forAll) editing.change('change the transition of all cuts', ...chosenForAll(join, written))
          else
            editing.change(
              `change the transition from ${from?.scene.id ?? 'black'} to ${to?.scene.id ?? 'black'}`,
              ...chosen(join, written),
            )
        }}
      />
    </Suspense>
  )
}

export function JoinButton({
  editing,
  label,
  join,
  isDefault = false,
  pictureOf,
}: {
  editing: Editing
  label: string
  join: JoinPlace | undefined
  isDefault?: boolean
  pictureOf: (sceneId: string) => string | null
}) {
  const [isOpen, setOpen] = useState(false)
  return (
    <Limited label={label} limit={undefined}>
      {(ties) => (
        <>
          <button
            {...ties}
            type="button"
            disabled={!join || !editing.isEditable}
            title={join && !isDefault ? ORIGIN_WORDS[join.origin] : undefined}
            style={{ textAlign: 'left' }}
            onClick={() => setOpen(true)}
          >
            {join ? joinWords(join) : 'None'}
          </button>
          {isOpen && join ? (
            <JoinDialog
              editing={editing}
              join={join}
              isDefault={isDefault}
              pictureOf={pictureOf}
              onClose={() => setOpen(false)}
            />
          ) : null}
        </>
      )}
    </Limited>
  )
}

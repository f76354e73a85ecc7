/** What joins a shot to its neighbour, as a button that opens the choice. */
import { lazy, Suspense, useState } from 'react'
import {
  chosen,
  chosenForAll,
  chosenPreset,
  type JoinPlace,
  ORIGIN_WORDS,
  writtenOut,
} from '../../../document/joins.ts'
import { presetOf } from '../../../document/presets.ts'
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
  preset,
  pictureOf,
  onClose,
}: {
  editing: Pick<Editing, 'document' | 'change' | 'owner' | 'sounds'>
  join: JoinPlace
  isDefault?: boolean
  /** The preset that is changed, instead of a join. */
  preset?: string | undefined
  pictureOf: (sceneId: string) => string | null
  onClose: () => void
}) {
  const { from, to } = join
  const { document, change } = editing
  const step = isDefault
    ? 'change the transition of all cuts'
    : `change the transition from ${from?.scene.id ?? 'black'} to ${to?.scene.id ?? 'black'}`
  return (
    <Suspense fallback={null}>
      <PickTransition
        join={join}
        whose={preset === undefined ? (isDefault ? 'default' : 'join') : { preset }}
        presets={preset === undefined ? Object.keys(document.transition_presets ?? {}) : []}
        used={presetOf(document, join)}
        onPreset={(name) => {
          onClose()
          change(step, ...chosenPreset(join, name))
        }}
        owner={editing.owner}
        sounds={editing.sounds}
        pictures={[from ? pictureOf(from.scene.id) : null, to ? pictureOf(to.scene.id) : null]}
        onClose={onClose}
        onPick={(written, forAll) => {
          onClose()
          if (preset !== undefined)
            change(`change the preset ${preset}`, { path: join.path, value: writtenOut(written) })
          else if (forAll) change('change the transition of all cuts', ...chosenForAll(join, written))
          else change(step, ...chosen(join, written))
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
  preset,
  pictureOf,
}: {
  editing: Editing
  label: string
  join: JoinPlace | undefined
  isDefault?: boolean
  preset?: string
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
            title={join && !isDefault && preset === undefined ? ORIGIN_WORDS[join.origin] : undefined}
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
              preset={preset}
              pictureOf={pictureOf}
              onClose={() => setOpen(false)}
            />
          ) : null}
        </>
      )}
    </Limited>
  )
}

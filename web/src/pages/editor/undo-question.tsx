/** Asked before undo takes back what somebody else has changed since. */
import type { Snapshot, UndoAnswer } from '../../document/store.ts'
import { theirsOf } from '../../live/people.ts'
import { Button } from '../../ui/controls.tsx'
import { Dialog } from '../../ui/dialog.tsx'

const VERBS = { undo: 'Undo anyway', redo: 'Redo anyway' } as const

export function UndoQuestion({
  asked,
  makerName,
  onAnswer,
}: {
  asked: Snapshot['asked']
  makerName: (userId: string | null) => string
  onAnswer: (answer: UndoAnswer) => void
}) {
  if (!asked) return null
  const name = makerName(asked.by)
  const verb = VERBS[asked.what]
  return (
    <Dialog
      open
      onClose={() => onAnswer('not')}
      title={`${name} changed this after you. ${verb}?`}
      actions={
        <>
          <Button autoFocus onClick={() => onAnswer('theirs')}>
            Keep {theirsOf(name)}
          </Button>
          <Button look="danger" onClick={() => onAnswer('mine')}>
            {verb}
          </Button>
        </>
      }
    >
      <p>The step is “{asked.name}”. Other fields stay as they are either way.</p>
    </Dialog>
  )
}

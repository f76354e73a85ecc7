/** What can be done with the whole document, for the palette and the list of keys; the editor hears the keys. */
import { useCommand } from '../../commands.ts'
import type { DocumentStore, Snapshot } from '../../document/store.ts'
import { redoStep, undoStep } from './steps.ts'

export function EditorCommands({
  store,
  snapshot: { undo, redo },
  canEdit,
}: {
  store: DocumentStore
  snapshot: Snapshot
  canEdit: boolean
}) {
  const common = { group: 'Storyboard', keysAreHeard: true, when: canEdit }
  useCommand({ ...common, id: 'save', title: 'Save now', keys: 'Mod+S', run: store.saveNow })
  useCommand({
    ...common,
    id: 'undo',
    title: undo ? `Undo: ${undo}` : 'Undo',
    keys: 'Mod+Z',
    when: canEdit && undo !== null,
    run: () => undoStep(store),
  })
  useCommand({
    ...common,
    id: 'redo',
    title: redo ? `Redo: ${redo}` : 'Redo',
    keys: 'Mod+Shift+Z',
    when: canEdit && redo !== null,
    run: () => redoStep(store),
  })
  return null
}

/** Undo and redo, said aloud: the same from a button, a key and the palette. */
import type { DocumentStore } from '../../document/store.ts'
import { say } from '../../ui/toast.tsx'

export function undoStep(store: DocumentStore): void {
  const { undo } = store.snapshot()
  if (store.undo()) say(`Undone: ${undo}.`)
}

export function redoStep(store: DocumentStore): void {
  const { redo } = store.snapshot()
  if (store.redo()) say(`Redone: ${redo}.`)
}

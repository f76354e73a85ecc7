/** What the parts of the inspector share: the document, how it is changed, and what is wrong where. */
import { formatPath } from '../../../../../core/storyboard/problems.ts'
import type { Asset } from '../../../api/client.ts'
import { type Change, changed, withChanges } from '../../../document/edit.ts'
import type { DocumentStore, Snapshot } from '../../../document/store.ts'
import type { Path } from '../../../document/text.ts'
import type { Sound } from '../../../media.ts'

export type Scene = NonNullable<Snapshot['document']['scenes']>[number]

export type Editing = {
  document: Snapshot['document']
  isEditable: boolean
  /** Owner of the files that can be named. */
  owner: string
  /** The sound that is selected, by its place in the document. */
  part: string | null
  files: readonly Asset[]
  sounds: ReadonlyMap<string, Sound>
  /** One step of undo, named. */
  change: (name: string, ...changes: Change[]) => void
  /** What is wrong with a field, in words. */
  faultOf: (path: Path) => string | undefined
  /** Whether something is wrong with it or within it. */
  hasFault: (path: Path) => boolean
}

/** Changes the newest text: a handler may be older than the last edit. */
export const changing =
  (store: DocumentStore): Editing['change'] =>
  (name, ...changes) => {
    const { text, document } = store.snapshot()
    store.edit(name, withChanges(text, changes), changed(document, changes))
  }

export function editingOf(
  store: DocumentStore,
  snapshot: Snapshot,
  more: Pick<Editing, 'isEditable' | 'owner' | 'part' | 'files' | 'sounds'>,
): Editing {
  const errors = snapshot.checked?.errors ?? []
  return {
    ...more,
    document: snapshot.document,
    change: changing(store),
    faultOf: (path) => {
      const text = formatPath(path)
      return errors.find((problem) => problem.path === text)?.message
    },
    hasFault: (path) => {
      const text = formatPath(path)
      return errors.some(
        (problem) =>
          problem.path === text ||
          (problem.path.startsWith(text) && /^[.[]/.test(problem.path.slice(text.length))),
      )
    },
  }
}

/** The library inside the editor: whether it is open, and how what is in it comes into a scene. */
import { type DragEvent, useState } from 'react'
import type { DocumentStore } from '../../document/store.ts'
import { type Usable, type Use, usesOf } from '../../document/use-file.ts'
import type { Player } from '../../player.ts'
import { draggedFile, sceneBelow } from '../library/dragged.ts'
import { changing } from './inspector/editing.ts'
import { layoutOf, placeAt } from './timeline-layout.ts'

export function useLibrary(store: DocumentStore, player: Player, isEditable: boolean) {
  const [isOpen, setOpen] = useState(false)

  /** How a file can be used in a scene: at the playhead when that is in it, else at its beginning. */
  const usesIn = (sceneId: string, file: Usable): Use[] => {
    const { document } = store.snapshot()
    const plan = layoutOf(document, player.fps as 16 | 24 | 30)?.plan
    const place = plan && placeAt(plan, player.state().frame)
    return usesOf(document, sceneId, file, place?.shot.sceneId === sceneId ? place.sceneS : 0)
  }
  const use = ({ name, changes }: Use): void => {
    if (isEditable) changing(store)(name, ...changes)
  }
  return {
    isOpen,
    setOpen,
    usesOf: usesIn,
    use,
    onDragOver: (event: DragEvent): void => {
      if (isEditable && sceneBelow(event.nativeEvent)) event.preventDefault()
    },
    onDrop: (event: DragEvent): void => {
      const scene = sceneBelow(event.nativeEvent)
      const file = scene && draggedFile(event.dataTransfer)
      if (!scene || !file) return
      event.preventDefault()
      const [likely] = usesIn(scene, file)
      if (likely) use(likely)
    },
  }
}

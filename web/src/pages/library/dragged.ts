/** What is dragged out of the library, and back to what it is. */
import type { Usable } from '../../document/use-file.ts'

/** Its type among those of a drag: other pages and files have others. */
export const DRAGGED = 'application/x-framecast-file'

/** The scene below the pointer of a drag out of the library; undefined when it is no such drag, or not over a scene. */
export const sceneBelow = ({
  target,
  dataTransfer,
}: Pick<DragEvent, 'target' | 'dataTransfer'>): string | undefined =>
  dataTransfer?.types.includes(DRAGGED) && target instanceof Element
    ? target.closest<HTMLElement>('[data-scene]')?.dataset.scene || undefined
    : undefined

export function draggedFile(transfer: DataTransfer): Usable | null {
  try {
    return JSON.parse(transfer.getData(DRAGGED)) as Usable
  } catch {
    return null
  }
}

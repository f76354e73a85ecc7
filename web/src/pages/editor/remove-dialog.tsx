/** Asked before a scene goes that plays at several places. */
import type { Removal } from '../../document/shots.ts'
import { count } from '../../format.ts'
import { Button } from '../../ui/controls.tsx'
import { Dialog } from '../../ui/dialog.tsx'

export function RemoveDialog({
  asked,
  isLast,
  onClose,
  onScenes,
  onShot,
}: {
  asked: Removal
  /** Without these scenes nothing would be left. */
  isLast: boolean
  onClose: () => void
  onScenes: (ids: readonly string[]) => void
  onShot: (sceneId: string, shot: number) => void
}) {
  if (asked.kind === 'several')
    return (
      <Dialog
        open
        onClose={onClose}
        title={`Remove ${count(asked.ids.length, 'scene')}?`}
        actions={
          <>
            <Button autoFocus onClick={onClose}>
              Keep them
            </Button>
            <Button look="danger" onClick={() => onScenes(asked.ids)}>
              Remove {count(asked.ids.length, 'scene')}
            </Button>
          </>
        }
      >
        <p>
          {asked.again.join(', ')} {asked.again.length === 1 ? 'plays' : 'play'} more than once: every shot
          goes. Undo brings all of them back.
        </p>
      </Dialog>
    )
  if (asked.kind !== 'asked') return null
  const { sceneId, times, shot } = asked
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Remove ${sceneId}?`}
      actions={
        <>
          <Button autoFocus onClick={onClose}>
            Keep it
          </Button>
          {shot === null ? null : <Button onClick={() => onShot(sceneId, shot)}>Remove this shot</Button>}
          <Button look="danger" disabled={isLast} onClick={() => onScenes([sceneId])}>
            Remove the scene
          </Button>
        </>
      }
    >
      <p>
        {sceneId} plays {times} times.{' '}
        {shot === null
          ? 'The scene goes with all its shots.'
          : 'This shot goes and the scene stays, or the scene goes with all its shots.'}{' '}
        {isLast ? 'A film has at least one scene.' : 'Undo brings it back.'}
      </p>
    </Dialog>
  )
}

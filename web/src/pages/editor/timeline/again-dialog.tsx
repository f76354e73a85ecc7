/** Asked once before the first written timeline. */
import { Button } from '../../../ui/controls.tsx'
import { Dialog } from '../../../ui/dialog.tsx'

export function AgainDialog({
  sceneId,
  onClose,
  onYes,
}: {
  sceneId: string
  onClose: () => void
  onYes: () => void
}) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Play ${sceneId} again?`}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" autoFocus onClick={onYes}>
            Play it again
          </Button>
        </>
      }
    >
      <p>
        This makes an explicit timeline: from now on the storyboard lists what plays, and a new scene plays
        once it is on that list. The scene is rendered once, however often it plays.
      </p>
    </Dialog>
  )
}

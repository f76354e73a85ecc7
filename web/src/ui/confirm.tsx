/** A question before something that cannot be taken back. */
import type { ReactNode } from 'react'
import { Button } from './controls.tsx'
import { Dialog } from './dialog.tsx'
import { useAttempt } from './use-attempt.ts'

export type Question = {
  /** Asks with the name: "Remove Jonas from Northlight?" */
  title: string
  /** What goes and what stays. */
  body: ReactNode
  /** The verb of the question. */
  verb: string
  keep: string
  work: () => Promise<unknown>
  words?: (error: unknown) => string | null
}

export function Confirm({ question, onClose }: { question: Question | null; onClose: () => void }) {
  return question ? <Asked {...question} onClose={onClose} /> : null
}

function Asked({ title, body, verb, keep, work, words, onClose }: Question & { onClose: () => void }) {
  const { fault, busy, attempt } = useAttempt(words)
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      actions={
        <>
          <Button autoFocus onClick={onClose}>
            {keep}
          </Button>
          <Button
            look="danger"
            disabled={busy}
            onClick={async () => {
              if (await attempt(work)) onClose()
            }}
          >
            {verb}
          </Button>
        </>
      }
    >
      <p>{body}</p>
      {fault ? <p role="alert">{fault}</p> : null}
    </Dialog>
  )
}

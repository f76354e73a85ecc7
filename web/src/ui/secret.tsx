/** What is shown once: a key, a secret, a link. */
import { useRef, useState } from 'react'
import { Button } from './controls.tsx'
import { Dialog } from './dialog.tsx'
import styles from './secret.module.css'

type Shown = {
  title: string
  /** What it is, such as "Key". */
  label: string
  secret: string
  note?: string
}

/** Shows a secret until it is stored; who has not copied it is asked first. */
export function SecretDialog({ shown, onStored }: { shown: Shown | null; onStored: () => void }) {
  return shown ? <Secret key={shown.secret} {...shown} onStored={onStored} /> : null
}

function Secret({ title, label, secret, note, onStored }: Shown & { onStored: () => void }) {
  const [state, setState] = useState<'shown' | 'copied' | 'by hand' | 'asked'>('shown')
  const box = useRef<HTMLOutputElement>(null)
  const isCopied = state === 'copied' || state === 'by hand'

  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(secret)
      setState('copied')
    } catch {
      // Pages on plain http have no clipboard: the text is selected, to be copied by hand.
      if (box.current) getSelection()?.selectAllChildren(box.current)
      setState('by hand')
    }
  }
  const close = (): void => (isCopied ? onStored() : setState('asked'))

  return (
    <Dialog
      open
      onClose={close}
      title={title}
      actions={
        <>
          <Button autoFocus look={isCopied ? 'outline' : 'primary'} onClick={copy}>
            Copy
          </Button>
          {state === 'asked' ? (
            <Button look="danger" onClick={onStored}>
              Close without a copy
            </Button>
          ) : (
            <Button look={isCopied ? 'primary' : 'outline'} onClick={close}>
              I have stored it
            </Button>
          )}
        </>
      }
    >
      <p>This is shown once.{note ? ` ${note}` : ''}</p>
      <output ref={box} aria-label={label} className={styles.secret} onCopy={() => setState('copied')}>
        {secret}
      </output>
      <p role="status" className={styles.said}>
        {state === 'copied' ? 'Copied.' : null}
        {state === 'by hand'
          ? 'This browser does not let the page copy. It is selected: press Ctrl C.'
          : null}
        {state === 'asked' ? 'It was not copied, and cannot be shown again. Close all the same?' : null}
      </p>
    </Dialog>
  )
}

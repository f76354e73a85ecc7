/** What support asks for when something was refused: code and request, to be copied. */
import { ApiError } from '../api/client.ts'
import { Button } from './controls.tsx'
import styles from './fault-details.module.css'
import { say } from './toast.tsx'

/** Copies a text; where the page may not, its place on the screen stays to be selected. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    say('Copied.')
  } catch {
    say('This browser does not let the page copy. Select the text and press Ctrl C.')
  }
}

export function FaultDetails({ error }: { error: unknown }) {
  if (!(error instanceof ApiError)) return null
  const request = error.requestId ? `, request ${error.requestId}` : ''
  const text = `${error.status} ${error.code}${request}`
  return (
    <details className={styles.details}>
      <summary>Details</summary>
      <code>{text}</code>
      <Button look="plain" onClick={() => copyText(`${text}: ${error.message}`)}>
        Copy
      </Button>
    </details>
  )
}

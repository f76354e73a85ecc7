/** The render buttons as commands for a shell, to be copied: curl for any program, the command line for a film in a file. */
import { useEffect, useState } from 'react'
import { ANIMATIC, cliCommand, curlCommand, RENDER, type RenderAction } from '../document/commands.ts'
import { Button, IconButton } from './controls.tsx'
import styles from './copy-as.module.css'
import { Dialog, Menu } from './dialog.tsx'

const SHOWN_MS = 4_000

export function CopyAs({
  project,
  actions = [RENDER, ANIMATIC],
  look = 'icon',
}: {
  project: { id: string; name: string }
  actions?: readonly RenderAction[]
  look?: 'icon' | 'words'
}) {
  const [copied, setCopied] = useState('')
  const [shown, setShown] = useState<string | null>(null)
  useEffect(() => {
    if (copied === '') return
    const timer = setTimeout(() => setCopied(''), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [copied])

  const copy = async (what: string, command: string): Promise<void> => {
    try {
      await navigator.clipboard.writeText(command)
      setCopied(`${what} is copied. It reads FRAMECAST_API_KEY.`)
    } catch {
      // Pages on plain HTTP have no clipboard: the command is shown, to be copied by hand.
      setShown(command)
    }
  }
  const items = actions.flatMap(({ label, options }) => [
    {
      label: `${label} as curl`,
      onSelect: () => copy('The curl command', curlCommand(location.origin, project.id, options)),
    },
    {
      label: `${label} as CLI`,
      onSelect: () => copy('The CLI command', cliCommand(location.origin, project, options)),
    },
  ])
  return (
    <span className={styles.holder} data-copy-as data-above={look === 'words' || undefined}>
      <Menu
        trigger={
          look === 'icon' ? (
            <IconButton icon="terminal" label="Copy as curl or CLI" />
          ) : (
            <Button look="plain" icon="terminal">
              Copy as curl or CLI
            </Button>
          )
        }
        items={items}
      />
      <span role="status" className={copied === '' ? 'sr-only' : styles.plate}>
        {copied}
      </span>
      <Dialog
        open={shown !== null}
        onClose={() => setShown(null)}
        title="Copy this command"
        actions={<Button onClick={() => setShown(null)}>Close</Button>}
      >
        <p>It reads your API key from FRAMECAST_API_KEY.</p>
        <textarea
          className={styles.command}
          aria-label="Command"
          readOnly
          rows={5}
          value={shown ?? ''}
          onFocus={(event) => event.target.select()}
        />
      </Dialog>
    </span>
  )
}

/** What is asked before a project is made, renamed or deleted. */
import { useState } from 'react'
import type { Project } from '../../api/client.ts'
import { count } from '../../format.ts'
import { Button, TextField } from '../../ui/controls.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import styles from '../projects.module.css'

export function PasteDialog({
  fault,
  onClose,
  onText,
}: {
  fault: string | undefined
  onClose: () => void
  onText: (text: string) => void
}) {
  const [text, setText] = useState('')
  return (
    <Dialog
      open
      onClose={onClose}
      title="Paste a storyboard"
      actions={
        <>
          <Button onClick={onClose}>Keep things as they are</Button>
          <Button look="primary" disabled={text.trim() === ''} onClick={() => onText(text)}>
            Make a project
          </Button>
        </>
      }
    >
      <textarea
        className={styles.text}
        aria-label="YAML or JSON"
        placeholder="YAML or JSON"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {fault ? <p role="alert">{fault}</p> : null}
    </Dialog>
  )
}

export function RenameDialog({
  project,
  fault,
  onClose,
  onName,
}: {
  project: Project
  fault: string | undefined
  onClose: () => void
  onName: (name: string) => void
}) {
  const [name, setName] = useState(project.name)
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Rename “${project.name}”`}
      actions={
        <>
          <Button onClick={onClose}>Keep the name</Button>
          <Button look="primary" disabled={name.trim() === ''} onClick={() => onName(name.trim())}>
            Rename
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (name.trim() !== '') onName(name.trim())
        }}
      >
        <TextField
          label="Name"
          value={name}
          maxLength={200}
          error={fault}
          onChange={(event) => setName(event.target.value)}
        />
      </form>
    </Dialog>
  )
}

export function DeleteDialog({
  project,
  films,
  fault,
  onClose,
  onDelete,
}: {
  project: Project
  films: number
  fault: string | undefined
  onClose: () => void
  onDelete: () => void
}) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={
        films === 0
          ? `Delete “${project.name}”?`
          : `Delete “${project.name}” and its ${films === 1 ? 'film' : count(films, 'film')}?`
      }
      actions={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" onClick={onDelete}>
            Delete project
          </Button>
        </>
      }
    >
      <p>Assets used elsewhere stay.</p>
      {fault ? <p role="alert">{fault}</p> : null}
    </Dialog>
  )
}

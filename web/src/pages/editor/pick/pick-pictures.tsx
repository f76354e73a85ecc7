/** Choosing reference pictures out of the team's library, or sending new ones. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { pictureFiles, teamFilesQuery } from '../../../media.ts'
import controls from '../../../ui/controls.module.css'
import { Button } from '../../../ui/controls.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import styles from './pick.module.css'
import { Upload } from './upload.tsx'

export default function PickPictures({
  owner,
  title,
  used,
  most,
  onPick,
  onClose,
}: {
  owner: string
  title: string
  /** Those that are chosen already. */
  used: readonly string[]
  most: number
  onPick: (ids: string[]) => void
  onClose: () => void
}) {
  const files = useQuery(teamFilesQuery(owner))
  const [search, setSearch] = useState('')
  const [chosen, setChosen] = useState<string[]>([...used])
  const pictures = pictureFiles(files.data).filter(({ filename }) =>
    filename.toLowerCase().includes(search.trim().toLowerCase()),
  )
  const isFull = chosen.length >= most
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={title}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" onClick={() => onPick(chosen)}>
            {chosen.length === 1 ? 'Use 1 picture' : `Use ${chosen.length} pictures`}
          </Button>
        </>
      }
    >
      <div className={styles.bar}>
        <input
          type="search"
          className={controls.input}
          aria-label="Search pictures"
          placeholder="Search pictures"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <Upload
          owner={owner}
          accept=".png,.jpg,.jpeg,.webp"
          label="Upload pictures"
          onUploaded={({ id, content_type }) => {
            if (content_type.startsWith('image/'))
              setChosen((all) => (all.length < most && !all.includes(id) ? [...all, id] : all))
          }}
        />
      </div>
      <p role="status">
        {isFull ? `${most} pictures are the most.` : `${chosen.length} of ${most} pictures`}
      </p>
      {pictures.length === 0 ? (
        <p className={styles.empty}>
          {search === ''
            ? 'Pictures of your people and places keep them the same in every shot.'
            : `No picture matches “${search}”.`}
        </p>
      ) : null}
      <fieldset className={styles.files} style={{ border: 0 }} aria-label="Pictures">
        {pictures.map((file) => {
          const isChosen = chosen.includes(file.id)
          return (
            <button
              key={file.id}
              type="button"
              className={styles.file}
              aria-pressed={isChosen}
              disabled={isFull && !isChosen}
              onClick={() =>
                setChosen((all) => (isChosen ? all.filter((id) => id !== file.id) : [...all, file.id]))
              }
            >
              <img src={file.thumbnail_url} alt="" loading="lazy" />
              <span>{file.filename}</span>
            </button>
          )
        })}
      </fieldset>
    </Dialog>
  )
}

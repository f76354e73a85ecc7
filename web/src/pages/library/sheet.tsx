/** The library beside the storyboard: what is in it goes into the scene that is selected, or into the one it is dropped on. */
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { Usable, Use } from '../../document/use-file.ts'
import { audition, pictureFiles, soundsOf, systemSoundsQuery, teamFilesQuery } from '../../media.ts'
import controls from '../../ui/controls.module.css'
import { Button, IconButton } from '../../ui/controls.tsx'
import { Menu } from '../../ui/dialog.tsx'
import { PlaySound } from '../../ui/play-sound.tsx'
import { Wave } from '../../ui/wave.tsx'
import { Upload } from '../editor/pick/upload.tsx'
import { DRAGGED } from './dragged.ts'
import styles from './sheet.module.css'

type Item = Usable & {
  thumbnail?: string | undefined
  peaks?: Parameters<typeof Wave>[0]['peaks'] | null
  isThere: boolean
}

export default function LibrarySheet({
  owner,
  sceneId,
  usesOf,
  onUse,
  onClose,
}: {
  owner: string
  /** The scene that is selected. */
  sceneId: string | undefined
  usesOf: (sceneId: string, file: Usable) => Use[]
  onUse: (use: Use) => void
  onClose: () => void
}) {
  const files = useQuery(teamFilesQuery(owner))
  const system = useQuery(systemSoundsQuery)
  const [kind, setKind] = useState<Usable['kind']>('picture')
  const [search, setSearch] = useState('')
  const [said, setSaid] = useState('')
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    field.current?.focus()
    return () => audition.stop()
  }, [])
  const items: Item[] =
    kind === 'picture'
      ? pictureFiles(files.data).map(({ id, filename, thumbnail_url }) => ({
          id,
          name: filename,
          kind,
          category: 'team',
          thumbnail: thumbnail_url,
          isThere: true,
        }))
      : soundsOf(files.data, system.data).map(({ id, name, category, peaks, isThere }) => ({
          id,
          name,
          kind,
          category,
          peaks,
          isThere,
        }))
  const words = search.trim().toLowerCase()
  const shown = items.filter(({ name }) => name.toLowerCase().includes(words))

  return (
    <aside
      className={styles.sheet}
      aria-label="Library"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        onClose()
      }}
    >
      <header className={styles.head}>
        <h2>Library</h2>
        <IconButton icon="close" label="Close the library" onClick={onClose} />
      </header>
      <div className={styles.bar}>
        <input
          ref={field}
          type="search"
          className={controls.input}
          aria-label="Search the library"
          placeholder="Search"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        {(['picture', 'sound'] as const).map((one) => (
          <Button
            key={one}
            aria-pressed={kind === one}
            onClick={() => {
              setKind(one)
              setSaid('')
            }}
          >
            {one === 'picture' ? 'Pictures' : 'Sounds'}
          </Button>
        ))}
      </div>
      <Upload
        owner={owner}
        accept={kind === 'picture' ? '.png,.jpg,.jpeg,.webp' : '.mp3,.wav,.ogg'}
        label={kind === 'picture' ? 'Upload pictures' : 'Upload sounds'}
        onUploaded={() => {}}
      />
      <p role="status" className={styles.said}>
        {said}
      </p>
      {files.isSuccess && shown.length === 0 ? (
        <p className={styles.empty}>
          {search === ''
            ? 'Pictures of your people and places keep them the same in every shot.'
            : `Nothing matches “${search}”.`}
        </p>
      ) : null}
      <ul className={styles.list} aria-label={kind === 'picture' ? 'Pictures' : 'Sounds'}>
        {shown.map((item) => {
          const uses = sceneId === undefined ? [] : usesOf(sceneId, item)
          return (
            <li
              key={item.id}
              className={styles.item}
              draggable
              onDragStart={(event) => {
                event.dataTransfer.effectAllowed = 'copy'
                event.dataTransfer.setData(DRAGGED, JSON.stringify(item))
              }}
            >
              {item.kind === 'picture' ? (
                <img src={item.thumbnail} alt="" loading="lazy" draggable={false} />
              ) : (
                <PlaySound id={item.id} name={item.name} disabled={!item.isThere} />
              )}
              <span className={styles.name} title={item.name}>
                {item.name}
              </span>
              {item.peaks ? <Wave className={styles.wave} peaks={item.peaks} /> : null}
              {sceneId === undefined ? null : (
                <Menu
                  trigger={
                    <Button disabled={uses.length === 0} aria-label={`Use ${item.name} in scene ${sceneId}`}>
                      {uses.length === 0 ? 'In use' : 'Use'}
                    </Button>
                  }
                  items={uses.map((use) => ({
                    label: use.label,
                    onSelect: () => {
                      onUse(use)
                      setSaid(`${item.name} is in scene ${sceneId}.`)
                    },
                  }))}
                />
              )}
            </li>
          )
        })}
      </ul>
    </aside>
  )
}

/** The pictures and sounds of a team and of oneself, where they are used, and the sounds that come with the product. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { type DragEvent, type RefObject, useEffect, useRef, useState } from 'react'
import { type Asset, ask } from '../api/client.ts'
import { clock, count } from '../format.ts'
import { audition, soundsOf, systemSoundsQuery } from '../media.ts'
import { useCaller } from '../session.tsx'
import { ENDINGS } from '../transfer.ts'
import { Button, IconButton } from '../ui/controls.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { wordsOf } from './faults.tsx'
import { libraryQuery } from './library/files.ts'
import {
  KINDS,
  kindOf,
  type LibrarySearch,
  matchingFiles,
  ofLimit,
  size,
  usageWords,
  type Whose,
} from './library/search.ts'
import { SoundFigure } from './library/sound-tile.tsx'
import { createUploads, type Uploads } from './library/uploads.ts'
import { UploadsList } from './library/uploads-list.tsx'
import styles from './library.module.css'
import pageStyles from './page.module.css'
import { useTeam } from './projects.tsx'

const KIND_WORDS = { picture: 'Pictures', sound: 'Sounds', video: 'Video' } as const
const WHOSE: readonly [Whose, string][] = [
  ['team', 'Team'],
  ['mine', 'Mine'],
  ['system', 'System'],
]

/** Uploads go on while other pages of the studio are looked at. */
let uploads: Uploads | undefined

export function LibraryPage() {
  const team = useTeam()
  const { user } = useCaller()
  const search = useSearch({ from: '/inside/t/$team/library' })
  const navigate = useNavigate({ from: '/t/$team/library' })
  const queries = useQueryClient()
  const whose: Whose = search.owner ?? 'team'
  const owner = whose === 'mine' ? `framecast:user:${user.id}` : team ? `framecast:team:${team.id}` : ''
  const files = useQuery({ ...libraryQuery(owner), enabled: owner !== '' && whose !== 'system' })
  const system = useQuery({ ...systemSoundsQuery, enabled: whose === 'system' })
  const picker = useRef<HTMLInputElement>(null)
  const [isDropping, setDropping] = useState(false)
  const [asked, setAsked] = useState<{ file: Asset; what: 'places' | 'delete' } | null>(null)
  const [fault, setFault] = useState<string>()
  uploads ??= createUploads((of) => queries.invalidateQueries({ queryKey: ['assets', of] }))
  const sending = uploads
  const canUpload = team !== undefined && team !== null && (whose === 'mine' || team.user_role !== 'viewer')

  useEffect(() => () => audition.stop(), [])

  if (team === null) throw new Error('There is no team here, or you may not see it.')

  const upload = (chosen: readonly File[]): void => {
    if (canUpload && chosen.length > 0) sending.add(chosen, owner)
  }
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setDropping(false)
    upload([...event.dataTransfer.files])
  }
  const remove = async (file: Asset): Promise<void> => {
    setAsked(null)
    setFault(undefined)
    try {
      await ask((api, signal) => api.DELETE('/v1/assets/{id}', { params: { path: { id: file.id } }, signal }))
      await queries.invalidateQueries({ queryKey: ['assets', owner] })
    } catch (error) {
      setFault(wordsOf(error))
    }
  }
  const go = (change: (old: LibrarySearch) => LibrarySearch): void => {
    navigate({ search: change, replace: true })
  }

  const all = files.data?.files ?? []
  const shown = matchingFiles(all, search)
  const storage = files.data?.storage

  return (
    <main
      className={`${pageStyles.page} ${isDropping ? pageStyles.dropping : ''}`}
      onDragOver={(event) => {
        event.preventDefault()
        setDropping(true)
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={drop}
    >
      <title>{`Library – ${team?.name ?? 'Framecast'}`}</title>
      <header className={`${pageStyles.head} ${styles.head}`}>
        <h1>Library</h1>
        <label className={pageStyles.search}>
          <Icon name="search" />
          <input
            type="search"
            placeholder="Search"
            aria-label="Search the library"
            value={search.q ?? ''}
            onChange={(event) => {
              const text = event.target.value
              go(({ q: _, ...rest }) => (text ? { ...rest, q: text } : rest))
            }}
          />
        </label>
        <nav className={pageStyles.filters} aria-label="Owner">
          {WHOSE.map(([name, words]) => (
            <Link
              key={name}
              from="/t/$team/library"
              to="."
              search={({ owner: _, ...rest }) => (name === 'team' ? rest : { ...rest, owner: name })}
              activeOptions={{ exact: true, includeSearch: true }}
            >
              {words}
            </Link>
          ))}
        </nav>
        {whose === 'system' ? null : (
          <>
            <nav className={pageStyles.filters} aria-label="Kind">
              {[undefined, ...KINDS].map((kind) => (
                <Link
                  key={kind ?? 'all'}
                  from="/t/$team/library"
                  to="."
                  search={({ kind: _, ...rest }) => (kind ? { ...rest, kind } : rest)}
                  activeOptions={{ exact: true, includeSearch: true }}
                >
                  {kind ? KIND_WORDS[kind] : 'All'}
                </Link>
              ))}
            </nav>
            <Button
              aria-pressed={search.unused === 1}
              onClick={() => go(({ unused, ...rest }) => (unused ? rest : { ...rest, unused: 1 }))}
            >
              Unused
            </Button>
          </>
        )}
        <div className={styles.push}>
          {storage && whose !== 'system' ? <Storage {...storage} /> : null}
          {canUpload && whose !== 'system' ? (
            <Button look="primary" icon="plus" onClick={() => picker.current?.click()}>
              Upload
            </Button>
          ) : null}
          <input
            ref={picker}
            type="file"
            hidden
            multiple
            aria-label="Files to upload"
            accept={ENDINGS.map((ending) => `.${ending}`).join(',')}
            onChange={(event) => {
              upload([...(event.target.files ?? [])])
              event.target.value = ''
            }}
          />
        </div>
      </header>
      {files.error || fault ? (
        <p role="alert" className={styles.fault}>
          {fault ?? `The library could not be loaded. ${wordsOf(files.error)}`}
        </p>
      ) : null}
      <UploadsList uploads={sending} />
      {whose === 'system' ? (
        <SystemSounds sounds={soundsOf([], system.data)} q={search.q ?? ''} isRead={system.isSuccess} />
      ) : files.isSuccess && all.length === 0 ? (
        <Nothing canUpload={canUpload} picker={picker} />
      ) : files.isSuccess && shown.length === 0 ? (
        <p className={styles.empty}>
          Nothing here matches.
          <Button onClick={() => go(({ owner: of }) => (of ? { owner: of } : {}))}>Show all</Button>
        </p>
      ) : (
        <ul className={styles.grid} aria-label="Files">
          {files.isPending ? [1, 2, 3, 4].map((bone) => <li key={bone} className={styles.bone} />) : null}
          {shown.map((file) => (
            <li key={file.id} className={styles.tile}>
              <Picture file={file} />
              <div className={styles.tileBody}>
                <span className={styles.fileName} title={file.filename}>
                  {file.filename}
                </span>
                <IconButton
                  icon="close"
                  label={`Delete ${file.filename}`}
                  onClick={() => setAsked({ file, what: 'delete' })}
                />
                {file.usage && file.usage.projects > 0 ? (
                  <button
                    type="button"
                    className={styles.used}
                    onClick={() => setAsked({ file, what: 'places' })}
                  >
                    {usageWords(file.usage)}
                  </button>
                ) : (
                  <span className={styles.small}>{usageWords(file.usage)}</span>
                )}
                <span className={`${styles.small} tabular`}>{size(file.size_bytes)}</span>
              </div>
            </li>
          ))}
        </ul>
      )}
      {asked ? (
        <FileDialog
          file={asked.file}
          isDelete={asked.what === 'delete'}
          teamSlug={team?.slug ?? ''}
          onShow={() => setAsked({ file: asked.file, what: 'places' })}
          onDelete={() => remove(asked.file)}
          onClose={() => setAsked(null)}
        />
      ) : null}
    </main>
  )
}

function Storage({ used, limit }: { used: number; limit: number }) {
  if (limit === 0) return <span className={`${styles.small} tabular`}>{size(used)}</span>
  const share = Math.min(1, used / limit)
  return (
    <span className={styles.storage} title="Storage">
      <span className={styles.track} aria-hidden="true">
        <i data-full={share > 0.9} style={{ width: `${share * 100}%` }} />
      </span>
      <span className="tabular">{ofLimit(used, limit)}</span>
    </span>
  )
}

function Picture({ file }: { file: Asset }) {
  const { duration, peaks } = file.metadata
  if (kindOf(file.content_type) === 'sound')
    return (
      <SoundFigure id={file.id} name={file.filename} peaks={peaks ?? null}>
        {duration ? <span className="tabular">{clock(duration)}</span> : null}
      </SoundFigure>
    )
  return (
    <figure className={styles.figure}>
      {file.thumbnail_url ? (
        <img src={file.thumbnail_url} alt={file.filename} loading="lazy" />
      ) : (
        <Icon name="film" size={24} />
      )}
      {duration ? <span className={`${styles.plate} tabular`}>{clock(duration)}</span> : null}
    </figure>
  )
}

function Nothing({ canUpload, picker }: { canUpload: boolean; picker: RefObject<HTMLInputElement | null> }) {
  return (
    <div className={styles.empty}>
      <Icon name="library" size={32} />
      <p>Pictures of your people and places keep them the same in every shot.</p>
      {canUpload ? <Button onClick={() => picker.current?.click()}>Upload pictures</Button> : null}
    </div>
  )
}

function SystemSounds({
  sounds,
  q,
  isRead,
}: {
  sounds: ReturnType<typeof soundsOf>
  q: string
  isRead: boolean
}) {
  const words = q.trim().toLowerCase()
  const shown = sounds.filter(({ name, words: about, category }) =>
    `${name} ${about} ${category}`.toLowerCase().includes(words),
  )
  return (
    <>
      {isRead && sounds.every(({ isThere }) => !isThere) ? (
        <p className={styles.note}>
          They are not installed yet: <code>framecast admin assets seed</code> makes them.
        </p>
      ) : null}
      <ul className={styles.grid} aria-label="Sounds of Framecast">
        {shown.map((sound) => (
          <li key={sound.id} className={styles.tile}>
            {sound.isThere ? (
              <SoundFigure id={sound.id} name={sound.name} peaks={sound.peaks}>
                {sound.seconds === null ? null : (
                  <span className="tabular">{sound.seconds.toFixed(1)} s</span>
                )}
              </SoundFigure>
            ) : null}
            <div className={styles.tileBody}>
              <span className={styles.fileName} title={`${sound.words}: ${sound.id}`}>
                {sound.name}
              </span>
              <span className={styles.small}>{sound.category}</span>
            </div>
          </li>
        ))}
      </ul>
    </>
  )
}

/** Where a file is used; or the question before it is deleted. */
function FileDialog({
  file,
  isDelete,
  teamSlug,
  onShow,
  onDelete,
  onClose,
}: {
  file: Asset
  isDelete: boolean
  teamSlug: string
  onShow: () => void
  onDelete: () => void
  onClose: () => void
}) {
  const { places = [], scenes = 0, projects = 0 } = file.usage ?? {}
  const isUsed = projects > 0
  if (isDelete)
    return (
      <Dialog
        open
        onClose={onClose}
        title={
          isUsed
            ? `${file.filename} is used in ${scenes > 0 ? count(scenes, 'scene') : count(projects, 'film')}.`
            : `Delete “${file.filename}”?`
        }
        actions={
          <>
            <Button onClick={onClose}>Keep it</Button>
            {isUsed ? <Button onClick={onShow}>Show them</Button> : null}
            <Button look="danger" onClick={onDelete}>
              {isUsed ? 'Delete anyway' : 'Delete file'}
            </Button>
          </>
        }
      >
        <p>
          {isUsed
            ? 'These storyboards cannot be rendered until it is replaced. Films that are made stay.'
            : 'No storyboard of your teams uses it.'}
        </p>
      </Dialog>
    )
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Where ${file.filename} is used`}
      actions={<Button onClick={onClose}>Close</Button>}
    >
      <ul className={styles.places}>
        {places.map(({ project_id, project_name, scene_ids, whole_film }) => (
          <li key={project_id}>
            <b>{project_name}</b>
            {whole_film ? (
              <Link to="/t/$team/p/$project" params={{ team: teamSlug, project: project_id }} search={{}}>
                The whole film
              </Link>
            ) : null}
            {scene_ids.map((scene) => (
              <Link
                key={scene}
                to="/t/$team/p/$project"
                params={{ team: teamSlug, project: project_id }}
                search={{ scene }}
              >
                Scene {scene}
              </Link>
            ))}
          </li>
        ))}
      </ul>
      {projects > places.length ? <p>And {count(projects - places.length, 'other project')}.</p> : null}
    </Dialog>
  )
}

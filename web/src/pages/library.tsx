/** The pictures and sounds of a team, and the sounds that come with the product. */
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { type DragEvent, useRef, useState } from 'react'
import { type Asset, ask, type SystemAsset } from '../api/client.ts'
import { clock } from '../format.ts'
import { assetsQuery } from '../queries.ts'
import { Button, IconButton } from '../ui/controls.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { wordsOf } from './faults.tsx'
import styles from './page.module.css'
import { useTeam } from './projects.tsx'

const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  ogg: 'audio/ogg',
  mp4: 'video/mp4',
}
const PARALLEL_UPLOADS = 3

const systemAssetsQuery = queryOptions({
  queryKey: ['system-assets'],
  queryFn: ({ signal }): Promise<SystemAsset[]> =>
    ask(
      (api, limit) => api.GET('/v1/system-assets', { params: { query: { limit: 100 } }, signal: limit }),
      signal,
    ),
  staleTime: 600_000,
})

type Sending = { id: number; name: string; share: number; fault: string | null }

/** Sends a file straight to the store, with progress; the server then looks at it and says what it is. */
async function sendFile(file: File, owner: string, onShare: (share: number) => void): Promise<void> {
  const type = TYPES[file.name.split('.').at(-1)?.toLowerCase() ?? '']
  if (!type) throw new Error('not taken: PNG, JPEG, WEBP, MP3, WAV, OGG or MP4')
  const upload = await ask((api, signal) =>
    api.POST('/v1/assets/upload-url', {
      body: { filename: file.name, content_type: type, size_bytes: file.size, owner },
      signal,
    }),
  )
  await new Promise<void>((resolve, reject) => {
    // Unlike fetch, it tells how much has gone.
    const request = new XMLHttpRequest()
    request.open(upload.upload_method, upload.upload_url)
    for (const [name, value] of Object.entries(upload.upload_headers)) {
      // Browsers set the length themselves, and let nobody else.
      if (name.toLowerCase() !== 'content-length') request.setRequestHeader(name, value)
    }
    request.upload.onprogress = ({ loaded, total }) => onShare(total > 0 ? loaded / total : 0)
    request.onload = () =>
      request.status < 300 ? resolve() : reject(new Error(`the store answered ${request.status}`))
    request.onerror = () => reject(new Error('the connection was lost; send it again'))
    request.send(file)
  })
  await ask((api, signal) =>
    api.POST('/v1/assets/{id}/confirm', { params: { path: { id: upload.asset.id } }, signal }),
  )
}

export function LibraryPage() {
  const team = useTeam()
  const owner = team ? `framecast:team:${team.id}` : ''
  const queries = useQueryClient()
  const own = useQuery({ ...assetsQuery(owner), enabled: Boolean(team) })
  const system = useQuery(systemAssetsQuery)
  const picker = useRef<HTMLInputElement>(null)
  const nextId = useRef(0)
  const [sending, setSending] = useState<Sending[]>([])
  const [isDropping, setDropping] = useState(false)
  const [deleting, setDeleting] = useState<Asset | null>(null)
  const [fault, setFault] = useState<string>()

  const change = (id: number, part: Partial<Sending>): void =>
    setSending((all) => all.map((one) => (one.id === id ? { ...one, ...part } : one)))

  const upload = async (files: readonly File[]): Promise<void> => {
    const waiting = files.map((file) => {
      nextId.current += 1
      return { id: nextId.current, file }
    })
    const lines = waiting.map(({ id, file }) => ({ id, name: file.name, share: 0, fault: null }))
    setSending((all) => [...all, ...lines])
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const { id, file } = next
        try {
          await sendFile(file, owner, (share) => change(id, { share }))
          setSending((all) => all.filter((one) => one.id !== id))
          await queries.invalidateQueries({ queryKey: assetsQuery(owner).queryKey })
        } catch (error) {
          // One file that is refused keeps no other back.
          change(id, { fault: wordsOf(error) })
        }
      }
    }
    await Promise.all(Array.from({ length: PARALLEL_UPLOADS }, work))
  }
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setDropping(false)
    upload([...event.dataTransfer.files])
  }

  return (
    <main
      className={`${styles.page} ${isDropping ? styles.dropping : ''}`}
      onDragOver={(event) => {
        event.preventDefault()
        setDropping(true)
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={drop}
    >
      <title>{`Library – ${team?.name ?? 'Framecast'}`}</title>
      <header className={styles.head}>
        <h1>Library</h1>
        <div className={styles.push}>
          <Button look="primary" icon="plus" disabled={!team} onClick={() => picker.current?.click()}>
            Upload
          </Button>
          <input
            ref={picker}
            type="file"
            hidden
            multiple
            aria-label="Files to upload"
            accept={Object.keys(TYPES)
              .map((ending) => `.${ending}`)
              .join(',')}
            onChange={(event) => {
              upload([...(event.target.files ?? [])])
              event.target.value = ''
            }}
          />
        </div>
      </header>
      {own.error || fault ? (
        <p role="alert" className={styles.fault}>
          {fault ?? wordsOf(own.error)}
        </p>
      ) : null}
      {sending.length > 0 ? (
        <section className={styles.section} aria-label="Uploads">
          <ul className={styles.list}>
            {sending.map(({ id, name, share, fault: why }) => (
              <li key={id} className={styles.line}>
                <span className={styles.main}>
                  {name}
                  {why ? <small className={styles.bad}>{why}</small> : null}
                </span>
                {why ? (
                  <Button onClick={() => setSending((all) => all.filter((one) => one.id !== id))}>
                    Dismiss
                  </Button>
                ) : (
                  <span
                    className={styles.track}
                    role="progressbar"
                    aria-label={`Uploading ${name}`}
                    aria-valuemin={0}
                    aria-valuemax={100}
                    aria-valuenow={Math.floor(share * 100)}
                  >
                    <i style={{ width: `${share * 100}%` }} />
                  </span>
                )}
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <section className={styles.section} aria-label="Of the team">
        <h2>Of the team</h2>
        {own.data?.length === 0 ? (
          <p className={styles.empty}>
            Pictures of your people and places keep them the same in every shot.
            <Button onClick={() => picker.current?.click()}>Upload pictures</Button>
          </p>
        ) : null}
        <ul className={styles.grid}>
          {(own.data ?? []).map((asset) => (
            <li key={asset.id} className={styles.tile}>
              <figure>
                {asset.thumbnail_url ? (
                  <img src={asset.thumbnail_url} alt={asset.filename} loading="lazy" />
                ) : asset.metadata.peaks ? (
                  <Wave peaks={asset.metadata.peaks} />
                ) : null}
              </figure>
              <div className={styles.tileBody}>
                <span title={asset.filename}>
                  {asset.filename}
                  {asset.metadata.duration ? (
                    <span className={`${styles.small} tabular`}>{clock(asset.metadata.duration)}</span>
                  ) : null}
                </span>
                {asset.download_url && asset.content_type.startsWith('audio/') ? (
                  <PlayButton url={asset.download_url} name={asset.filename} />
                ) : null}
                <IconButton
                  icon="close"
                  label={`Delete ${asset.filename}`}
                  onClick={() => setDeleting(asset)}
                />
              </div>
            </li>
          ))}
        </ul>
      </section>
      <section className={styles.section} aria-label="Sounds of Framecast">
        <h2>Sounds of Framecast</h2>
        {system.data?.length === 0 ? (
          <p className={styles.small}>
            They are not installed yet: <code>framecast admin assets seed</code> makes them.
          </p>
        ) : null}
        <ul className={styles.grid}>
          {(system.data ?? []).map((sound) => (
            <li key={sound.id} className={styles.tile}>
              <div className={styles.tileBody}>
                <span title={`${sound.description}: ${sound.id}`}>
                  {sound.name}
                  <span className={`${styles.small} tabular`}>
                    {sound.category} {Number(sound.duration_seconds ?? 0).toFixed(1)} s
                  </span>
                </span>
                {sound.preview_url ? <PlayButton url={sound.preview_url} name={sound.name} /> : null}
              </div>
            </li>
          ))}
        </ul>
      </section>
      <Dialog
        open={deleting !== null}
        onClose={() => setDeleting(null)}
        title={`Delete “${deleting?.filename}”?`}
        actions={
          <>
            <Button onClick={() => setDeleting(null)}>Keep it</Button>
            <Button
              look="danger"
              onClick={async () => {
                const id = deleting?.id
                setDeleting(null)
                if (!id) return
                try {
                  await ask((api, signal) =>
                    api.DELETE('/v1/assets/{id}', { params: { path: { id } }, signal }),
                  )
                  await own.refetch()
                } catch (error) {
                  setFault(wordsOf(error))
                }
              }}
            >
              Delete file
            </Button>
          </>
        }
      >
        <p>
          Storyboards that use it say so when they are checked, and cannot be rendered until it is replaced.
        </p>
      </Dialog>
    </main>
  )
}

/** The envelope of a sound, from what the server measured. */
function Wave({ peaks }: { peaks: readonly (readonly number[])[] }) {
  const step = Math.max(1, Math.floor(peaks.length / 160))
  const shown = peaks.filter((_, at) => at % step === 0)
  const largest = Math.max(1e-6, ...shown.flat().map(Math.abs))
  const bars = shown
    .map((peak, at) => {
      const height = (Math.max(...peak.map(Math.abs)) / largest) * 40
      return `M${at} ${50 - height}V${50 + height}`
    })
    .join('')
  return (
    <svg
      className={styles.wave}
      viewBox={`0 0 ${shown.length} 100`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path d={bars} stroke="currentColor" strokeWidth="0.6" />
    </svg>
  )
}

let sounding: HTMLAudioElement | null = null

/** Plays a sound; another one that plays is stopped. */
function PlayButton({ url, name }: { url: string; name: string }) {
  const [playing, setPlaying] = useState(false)
  const toggle = (): void => {
    sounding?.pause()
    if (playing) return
    const audio = new Audio(url)
    sounding = audio
    audio.onpause = () => setPlaying(false)
    audio.onended = () => setPlaying(false)
    audio.play().then(
      () => setPlaying(true),
      () => setPlaying(false),
    )
  }
  return (
    <IconButton
      icon={playing ? 'pause' : 'play'}
      label={playing ? `Stop ${name}` : `Play ${name}`}
      onClick={toggle}
    />
  )
}

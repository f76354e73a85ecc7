/** Choosing a sound: all of Framecast's and the team's, each with a button to hear it. */
import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, type ReactNode, useEffect, useState, useSyncExternalStore } from 'react'
import { audition, type Sound, soundsOf, systemSoundsQuery, teamFilesQuery } from '../../../media.ts'
import controls from '../../../ui/controls.module.css'
import { Button } from '../../../ui/controls.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { PlaySound } from '../../../ui/play-sound.tsx'
import { Wave } from '../../../ui/wave.tsx'
import styles from './pick.module.css'
import { Upload } from './upload.tsx'

const GROUPS = [
  { category: 'team', words: 'Of the team' },
  { category: 'sfx', words: 'Effects' },
  { category: 'ambient', words: 'Ambience' },
  { category: 'music', words: 'Music' },
  { category: 'transition', words: 'For joins' },
] as const

/** Sounds with every word of the search in their name or description. */
export function found(sounds: readonly Sound[], search: string): Sound[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return sounds.filter(({ id, name, words: description }) =>
    words.every((word) => `${id} ${name} ${description}`.toLowerCase().includes(word)),
  )
}

/** The next row's button of the same kind. */
function onArrows(event: KeyboardEvent<HTMLElement>): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  const button = (event.target as HTMLElement).closest('button')
  const row = button?.closest('li')
  if (step === 0 || !button || !row) return
  event.preventDefault()
  const column = [...row.querySelectorAll('button')].indexOf(button)
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('li[data-sound]')]
  const buttons = rows[rows.indexOf(row) + step]?.querySelectorAll('button')
  buttons?.[Math.min(column, buttons.length - 1)]?.focus()
}

export default function PickSound({
  owner,
  title,
  prefers,
  used,
  extra,
  onPick,
  onClose,
}: {
  owner: string
  title: string
  /** What is asked for stands first. */
  prefers: Sound['category']
  used?: string | undefined
  /** More to be answered, above the list. */
  extra?: ReactNode
  onPick: (sound: Sound) => void
  onClose: () => void
}) {
  const files = useQuery(teamFilesQuery(owner))
  const system = useQuery(systemSoundsQuery)
  const heard = useSyncExternalStore(audition.subscribe, audition.heard)
  const [search, setSearch] = useState('')
  useEffect(() => audition.stop, [])
  const sounds = found(soundsOf(files.data, system.data), search)
  const groups = [...GROUPS].sort((a, b) => Number(b.category === prefers) - Number(a.category === prefers))
  const isMissing = system.data !== undefined && system.data.length === 0

  return (
    <Dialog open wide onClose={onClose} title={title} actions={<Button onClick={onClose}>Close</Button>}>
      {extra}
      <div className={styles.bar}>
        <input
          type="search"
          className={controls.input}
          aria-label="Search sounds"
          placeholder="Search sounds"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'ArrowDown') return
            event.preventDefault()
            document.querySelector<HTMLElement>('li[data-sound] button')?.focus()
          }}
        />
        <Upload owner={owner} accept=".mp3,.wav,.ogg" label="Upload sounds" onUploaded={() => {}} />
      </div>
      {isMissing ? <p>The sounds of Framecast are not installed yet: they can be named, not heard.</p> : null}
      {heard.fault ? (
        <p role="alert" className={styles.bad}>
          {heard.fault}
        </p>
      ) : null}
      <ul className={styles.list} aria-label="Sounds" onKeyDown={onArrows}>
        {groups.flatMap(({ category, words }) => {
          const here = sounds.filter((sound) => sound.category === category)
          if (here.length === 0) return []
          return [
            <li key={category} className={styles.group}>
              {words}
            </li>,
            ...here.map((sound) => (
              <li key={sound.id} className={styles.sound} data-sound={sound.id} data-used={sound.id === used}>
                <PlaySound id={sound.id} name={sound.name} disabled={!sound.isThere} />
                <span className={styles.words}>
                  <b>{sound.name}</b>
                  <small>{sound.words}</small>
                </span>
                {sound.peaks ? (
                  <Wave peaks={sound.peaks} className={styles.wave} />
                ) : (
                  <span className={styles.wave} />
                )}
                <span className={`${styles.seconds} tabular`}>
                  {sound.seconds === null ? '' : `${sound.seconds.toFixed(1)} s`}
                </span>
                <Button aria-label={`Use ${sound.name}`} onClick={() => onPick(sound)}>
                  {sound.id === used ? 'In use' : 'Use'}
                </Button>
              </li>
            )),
          ]
        })}
        {sounds.length === 0 ? (
          <li className={styles.empty}>
            No sound matches “{search}”. <Button onClick={() => setSearch('')}>Clear search</Button>
          </li>
        ) : null}
      </ul>
    </Dialog>
  )
}

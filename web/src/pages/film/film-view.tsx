/** The film for itself, or two films of a project beside each other on one clock. */
import {
  type KeyboardEvent,
  type PointerEvent,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import type { Job } from '../../api/client.ts'
import { count } from '../../format.ts'
import type { Player } from '../../player.ts'
import { PlayerCommands } from '../../player-commands.tsx'
import { usePlayerKeys } from '../../player-keys.ts'
import { Button, IconButton } from '../../ui/controls.tsx'
import { Icon } from '../../ui/icon.tsx'
import { wordsOf } from '../faults.tsx'
import { changesIn } from './changes.ts'
import { ChangesList } from './changes-list.tsx'
import { Downloads } from './downloads.tsx'
import styles from './film.module.css'
import { type Film, isAnimatic, labelOf, revisionOf, sideOf } from './films.ts'
import { Lost } from './lost.tsx'
import { NoFilm } from './no-film.tsx'
import { Screen } from './screen.tsx'
import { SeekBar } from './seek-bar.tsx'
import { align, counterpart } from './segments.ts'
import { nextSurround, useSettings } from './settings.ts'
import { Share } from './share.tsx'
import { follow } from './sync.ts'
import { Transport, toggleFullScreen } from './transport.tsx'
import { type Films, useFilm, useSteady } from './use-films.ts'
import { settingKeys } from './watch-keys.ts'

const MODES = [
  ['side', 'Side by side'],
  ['wipe', 'Wipe'],
  ['switch', 'Switch'],
  ['difference', 'Difference'],
] as const
type Mode = (typeof MODES)[number][0]

/** What the address says: two films, and a frame of the first. */
export type Shown = { a?: string; b?: string; at?: number }

/** The address follows the playhead once it has rested for so long. */
const REST_MS = 300

type Props = {
  films: Films
  job: Job | undefined
  player: Player
  shown: Shown
  onShow: (change: { [K in keyof Shown]: Shown[K] | undefined }) => void
  revision: number
  credits: number | undefined
  canRender: boolean
  onRender: (options: { engine?: 'preview' }) => void
}

export default function FilmView(props: Props) {
  const { films, job, shown, canRender, onRender } = props
  const { film: a, isRead } = useFilm(shown.a ?? films.films?.[0]?.id, films.films)
  const { film: b } = useFilm(shown.b, films.films)
  const isRunning = job?.status === 'queued' || job?.status === 'processing'
  if (a) return <FilmPage key={a.id} {...props} a={a} b={b && b.id !== a.id ? b : undefined} />
  return (
    <section className={styles.viewer} aria-label="Film">
      <div className={styles.stage}>
        {films.error ? (
          <div className={styles.empty} role="alert">
            <p>The films could not be loaded. {wordsOf(films.error)}</p>
            <Button onClick={films.again}>Try again</Button>
          </div>
        ) : films.films === undefined || isRead ? (
          <div className={styles.waiting} aria-busy="true" />
        ) : shown.a && films.films.length > 0 ? (
          <div className={styles.empty} role="alert">
            <p>There is no film here, or you may not see it.</p>
            <Button onClick={() => props.onShow({ a: undefined, b: undefined, at: undefined })}>
              Show the newest film
            </Button>
          </div>
        ) : (
          <NoFilm canRender={canRender && !isRunning} onRender={onRender} />
        )}
      </div>
    </section>
  )
}

/** Keeps playhead and address in step. */
function useAddressOfFrame(player: Player, at: number | undefined, onShow: Props['onShow']): void {
  const written = useRef<number>(undefined)
  useEffect(() => {
    if (at !== undefined && at !== written.current) player.seek(at)
    written.current = at
  }, [player, at])
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = player.subscribe(() => {
      clearTimeout(timer)
      const { frame, playing } = player.state()
      if (playing || frame === written.current) return
      timer = setTimeout(() => {
        written.current = frame
        onShow({ at: frame })
      }, REST_MS)
    })
    return () => {
      clearTimeout(timer)
      stop()
    }
  }, [player, onShow])
}

function FilmPage({
  films: { films = [] },
  player,
  shown,
  onShow,
  revision,
  credits,
  canRender,
  onRender,
  ...pair
}: Props & { a: Film; b: Film | undefined }) {
  const a = useSteady(pair.a)
  const b = useSteady(pair.b)
  const section = useRef<HTMLElement>(null)
  const first = useRef<HTMLVideoElement>(null)
  const second = useRef<HTMLVideoElement>(null)
  const { surround } = useSettings()
  const playhead = useSyncExternalStore(player.subscribe, player.state)
  const [mode, setMode] = useState<Mode>('side')
  const [front, setFront] = useState<'a' | 'b'>('a')
  const [sound, setSound] = useState<'a' | 'b'>('a')
  const [wipe, setWipe] = useState(50)
  const [stronger, setStronger] = useState(false)
  const [lost, setLost] = useState<ReadonlySet<string>>(new Set())
  const mine = useMemo(() => sideOf(a), [a])
  const theirs = useMemo(() => (b ? sideOf(b) : null), [b])
  const matches = useMemo(() => (theirs ? align(mine.segments, theirs.segments) : []), [mine, theirs])
  const changes = useMemo(() => (b ? changesIn(a, b) : null), [a, b])
  const marked = useMemo(() => new Set(changes?.scenes.map(({ sceneId }) => sceneId)), [changes])

  useEffect(() => {
    player.setFrames(mine.frames)
    player.setCuts(mine.segments.map(({ start }) => start))
    return first.current ? player.attach(first.current, mine) : undefined
  }, [player, mine])

  useAddressOfFrame(player, shown.at, onShow)

  useEffect(() => {
    if (!theirs || !first.current || !second.current) return
    return follow({
      player,
      first: first.current,
      second: second.current,
      placeOf: (frame) => counterpart(mine, theirs, matches, frame).frame,
      fps: theirs.fps,
    })
  }, [player, mine, theirs, matches])

  const compare = useCallback((): void => {
    if (b) {
      onShow({ b: undefined })
      return
    }
    const other = films[films.findIndex(({ id }) => id === a.id) + 1] ?? films.find(({ id }) => id !== a.id)
    if (other) onShow({ a: a.id, b: other.id })
  }, [a, b, films, onShow])

  const keys = useMemo(() => {
    const show = (which: 'a' | 'b') => (): void => {
      if (!b) return
      setMode('switch')
      setFront(which)
    }
    return {
      ...settingKeys,
      f: () => toggleFullScreen(section.current),
      c: compare,
      '1': show('a'),
      '2': show('b'),
    }
  }, [b, compare])
  usePlayerKeys(player, keys)

  const place = theirs ? counterpart(mine, theirs, matches, playhead.frame) : null
  const giveUp = (film: Film) => (): void => setLost((old) => new Set(old).add(film.id))
  const again = `Render again${credits === undefined ? '' : `: ${count(credits, 'credit')}`}`
  const pane = (film: Film, which: 'a' | 'b') => (
    <div
      className={styles.pane}
      data-which={which}
      data-hidden={b !== undefined && mode === 'switch' && front !== which}
    >
      {lost.has(film.id) ? (
        <Lost
          film={film}
          again={again}
          canRender={canRender}
          onRender={() => onRender(isAnimatic(film) ? { engine: 'preview' } : {})}
        />
      ) : (
        <Screen
          key={film.id}
          ref={which === 'a' ? first : second}
          film={film}
          label={b ? `Film ${which.toUpperCase()}, ${labelOf(film, films)}` : `Film ${revisionOf(film)}`}
          silent={b !== undefined && sound !== which}
          className={styles.video}
          onLost={giveUp(film)}
        />
      )}
      {b ? (
        <span className={`${styles.plate} ${styles.which}`}>
          <b>{which.toUpperCase()}</b> {revisionOf(film)}
        </span>
      ) : null}
      {which === 'b' && place ? <Apart place={place} /> : null}
    </div>
  )
  const isOlder = (a.output.metadata.spec_revision ?? revision) < revision
  const older = isOlder ? (
    <p className={styles.older}>Film {revisionOf(a)} is older than the storyboard.</p>
  ) : null

  return (
    <div className={styles.page} data-compare={b !== undefined}>
      <PlayerCommands player={player} keys={keys} />
      <div className={styles.bar}>
        <FilmChoice label={b ? 'A' : 'Film'} films={films} value={a} onChoose={(id) => onShow({ a: id })} />
        {b ? (
          <>
            <FilmChoice label="B" films={films} value={b} onChoose={(id) => onShow({ b: id })} />
            <div className={styles.modes} role="radiogroup" aria-label="How the two are shown">
              {MODES.map(([name, words]) => (
                <label key={name} data-on={mode === name}>
                  <input
                    type="radio"
                    name="mode"
                    className="sr-only"
                    checked={mode === name}
                    onChange={() => setMode(name)}
                  />
                  {words}
                </label>
              ))}
            </div>
            {mode === 'difference' ? (
              <label className={styles.check}>
                <input
                  type="checkbox"
                  checked={stronger}
                  onChange={(event) => setStronger(event.target.checked)}
                />
                Stronger
              </label>
            ) : null}
          </>
        ) : null}
        {b ? null : older}
        <span className={styles.push} />
        {films.length > 1 || b ? (
          <Button icon="compare" onClick={compare} title={b ? 'Stop comparing (C)' : 'Compare (C)'}>
            {b ? 'Stop comparing' : 'Compare'}
          </Button>
        ) : null}
        <IconButton data-wide icon="surround" label="Around the picture (B)" onClick={nextSurround} />
        <Share jobId={a.id} />
        <Downloads film={a} />
      </div>
      <section ref={section} className={styles.viewer} data-surround={surround} aria-label="Film">
        <div
          className={styles.stage}
          data-mode={b ? mode : 'one'}
          data-stronger={stronger}
          style={{ '--wipe': `${wipe}%` } as React.CSSProperties}
        >
          {pane(a, 'a')}
          {b ? pane(b, 'b') : null}
          {b && mode === 'wipe' ? <WipeHandle wipe={wipe} onWipe={setWipe} /> : null}
        </div>
        <div className={styles.deck}>
          <SeekBar side={mine} player={player} playhead={playhead} marked={marked} />
          <Transport film={a} player={player} playhead={playhead} frames={mine.frames} whole={section}>
            {b ? (
              <fieldset className={styles.inOut} aria-label="Sound">
                <span>Sound</span>
                {(['a', 'b'] as const).map((which) => (
                  <button
                    type="button"
                    key={which}
                    aria-label={`Sound of ${which.toUpperCase()}`}
                    aria-pressed={sound === which}
                    onClick={() => setSound(which)}
                  >
                    {which.toUpperCase()}
                  </button>
                ))}
              </fieldset>
            ) : null}
          </Transport>
        </div>
      </section>
      {changes ? (
        <ChangesList changes={changes} side={mine} player={player}>
          {older}
        </ChangesList>
      ) : null}
    </div>
  )
}

/** How far the second film's scene is from the first one's. */
function Apart({ place: { frame, longerS } }: { place: { frame: number | null; longerS: number } }) {
  if (frame === null) return <p className={styles.absent}>This scene is not in B.</p>
  if (Math.abs(longerS) < 0.05) return null
  return (
    <span className={`${styles.plate} ${styles.apart}`}>
      B is {Math.abs(longerS).toFixed(1)} s {longerS < 0 ? 'shorter' : 'longer'} here
    </span>
  )
}

function FilmChoice({
  label,
  films,
  value,
  onChoose,
}: {
  label: string
  films: readonly Film[]
  value: Film
  onChoose: (id: string) => void
}) {
  const all = films.some(({ id }) => id === value.id) ? films : [...films, value]
  return (
    <label className={styles.choice}>
      <span>{label}</span>
      <select className="tabular" value={value.id} onChange={(event) => onChoose(event.target.value)}>
        {all.map((film) => (
          <option key={film.id} value={film.id}>
            {labelOf(film, all)}
          </option>
        ))}
      </select>
      <Icon name="down" />
    </label>
  )
}

/** The line between the two pictures. */
function WipeHandle({ wipe, onWipe }: { wipe: number; onWipe: (percent: number) => void }) {
  const drag = (event: PointerEvent<HTMLElement>): void => {
    if (event.type === 'pointerdown') event.currentTarget.setPointerCapture(event.pointerId)
    else if (event.buttons === 0) return
    const { left, width } = event.currentTarget.parentElement!.getBoundingClientRect()
    onWipe(Math.max(0, Math.min(100, ((event.clientX - left) / width) * 100)))
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, Home: -100, End: 100 }[event.key]
    if (by === undefined) return
    event.preventDefault()
    onWipe(Math.max(0, Math.min(100, wipe + by)))
  }
  return (
    <div
      className={styles.wipe}
      role="slider"
      tabIndex={0}
      aria-label="Wipe"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(wipe)}
      aria-valuetext={`A up to ${Math.round(wipe)} percent, then B`}
      onPointerDown={drag}
      onPointerMove={drag}
      onKeyDown={onKeyDown}
    />
  )
}

/** The picture: the film when there is one, else the newest picture of a scene. */
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { Snapshot } from '../../document/store.ts'
import { takeFirstPlay } from '../../first-film.ts'
import { count } from '../../format.ts'
import { LivePicture } from '../../live/picture.tsx'
import type { LiveJob } from '../../live/progress.ts'
import type { Player } from '../../player.ts'
import { PlayerCommands } from '../../player-commands.tsx'
import { usePlayerKeys } from '../../player-keys.ts'
import { IconButton } from '../../ui/controls.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Downloads } from '../film/downloads.tsx'
import styles from '../film/film.module.css'
import { type Film, isAnimatic, revisionOf, sideOf } from '../film/films.ts'
import { Lost } from '../film/lost.tsx'
import { Screen } from '../film/screen.tsx'
import { SeekBar } from '../film/seek-bar.tsx'
import { nextSurround, useSettings } from '../film/settings.ts'
import { Share } from '../film/share.tsx'
import { Transport, toggleFullScreen } from '../film/transport.tsx'
import { useSteady } from '../film/use-films.ts'
import { settingKeys } from '../film/watch-keys.ts'
import { pictureOf } from './board.tsx'
import { placesOf } from './places.ts'
import { useFollow } from './use-follow.ts'

type Scene = NonNullable<Snapshot['document']['scenes']>[number]
type Tab = 'film' | 'animatic' | 'scene'

export function Viewer({
  job,
  films,
  scene,
  player,
  revision,
  credits,
  canRender,
  onRender,
  onCompare,
  isAlone,
}: {
  /** The newest render, running or over. */
  job: LiveJob | undefined
  films: readonly Film[] | undefined
  scene: Scene | undefined
  player: Player
  /** Of the storyboard as it is saved. */
  revision: number
  /** What a render would cost now, if that is known. */
  credits: number | undefined
  canRender: boolean
  onRender: (options: { engine?: 'preview' }) => void
  onCompare: () => void
  /** Without a timeline, which gives the playhead its way and goes to the scene. */
  isAlone: boolean
}) {
  const section = useRef<HTMLElement>(null)
  const { surround } = useSettings()
  const [chosen, setChosen] = useState<Tab>()
  const film = films?.find((one) => !isAnimatic(one))
  const animatic = films?.find(isAnimatic)
  const newest = films?.[0]
  const isRunning = job?.status === 'queued' || job?.status === 'processing'
  const picture = scene ? pictureOf(job, scene.id) : null
  const tabs: [Tab, string][] = [
    ...(film ? [['film', `Film ${revisionOf(film)}`] as [Tab, string]] : []),
    ...(animatic ? [['animatic', `Animatic ${revisionOf(animatic)}`] as [Tab, string]] : []),
    ...((isRunning && picture) || !newest ? [['scene', 'Scene'] as [Tab, string]] : []),
  ]
  const natural: Tab = (isRunning && picture) || !newest ? 'scene' : isAnimatic(newest) ? 'animatic' : 'film'
  const tab = chosen && tabs.some(([name]) => name === chosen) ? chosen : natural
  const shown = tab === 'film' ? film : tab === 'animatic' ? animatic : undefined

  const keys = useMemo(
    () => ({ ...settingKeys, f: () => toggleFullScreen(section.current), c: onCompare }),
    [onCompare],
  )
  usePlayerKeys(player, keys)

  return (
    <section
      ref={section}
      className={styles.viewer}
      data-surround={surround}
      aria-label={shown ? 'Film' : 'Viewer'}
    >
      <PlayerCommands player={player} keys={keys} />
      <div className={styles.tabs}>
        <fieldset aria-label="What is shown">
          {tabs.map(([name, words]) => (
            <button type="button" key={name} aria-pressed={name === tab} onClick={() => setChosen(name)}>
              {words.trim()}
            </button>
          ))}
        </fieldset>
        {shown?.output.metadata.spec_revision && shown.output.metadata.spec_revision < revision ? (
          <p className={styles.older}>
            {tab === 'film' ? 'Film' : 'Animatic'} {revisionOf(shown)} is older than the storyboard.
          </p>
        ) : null}
        <span className={styles.push} />
        <IconButton icon="compare" label="Compare (C)" disabled={!newest} onClick={onCompare} />
        <IconButton icon="surround" label="Around the picture (B)" onClick={nextSurround} />
        {shown ? (
          <>
            <Share jobId={shown.id} />
            <Downloads film={shown} />
          </>
        ) : null}
      </div>
      {shown ? (
        <Playing
          key={shown.id}
          film={shown}
          isAlone={isAlone}
          sceneId={scene?.id}
          player={player}
          whole={section}
          credits={credits}
          canRender={canRender}
          onRender={onRender}
        />
      ) : (
        <div className={styles.stage}>
          {picture ? (
            <LivePicture
              key={scene?.id}
              {...(styles.picture ? { className: styles.picture } : {})}
              url={picture}
              alt={scene ? `${scene.id}: ${String(scene.prompt).slice(0, 100)}` : ''}
            />
          ) : (
            <div className={styles.empty}>
              <Icon name="film" size={32} />
              Play the animatic to see this scene move.
            </div>
          )}
        </div>
      )}
    </section>
  )
}

function Playing({
  film: read,
  isAlone,
  sceneId,
  player,
  whole,
  credits,
  canRender,
  onRender,
}: {
  film: Film
  isAlone: boolean
  sceneId: string | undefined
  player: Player
  whole: React.RefObject<HTMLElement | null>
  credits: number | undefined
  canRender: boolean
  onRender: (options: object) => void
}) {
  const film = useSteady(read)
  const video = useRef<HTMLVideoElement>(null)
  const side = useMemo(() => sideOf(film), [film])
  const playhead = useSyncExternalStore(player.subscribe, player.state)
  const [isLost, setLost] = useState(false)

  useEffect(() => {
    player.setCuts(side.segments.map(({ start }) => start))
    if (!video.current) return undefined
    const detach = player.attach(video.current, side)
    if (takeFirstPlay(film.id)) player.toggle()
    return detach
  }, [player, side, film.id])
  useEffect(() => {
    if (isAlone) player.setFrames(side.frames)
  }, [player, side, isAlone])
  const places = useMemo(
    () =>
      placesOf(
        film.output.metadata.shots?.map(({ scene_id, start_frame, frames }) => ({
          sceneId: scene_id,
          start: start_frame,
          frames,
        })) ?? [],
      ),
    [film],
  )
  useFollow(player, places, isAlone ? sceneId : undefined)

  return (
    <>
      <div className={styles.stage}>
        {isLost ? (
          <Lost
            film={film}
            again={`Render again${credits === undefined ? '' : `: ${count(credits, 'credit')}`}`}
            canRender={canRender}
            onRender={() => onRender(isAnimatic(film) ? { engine: 'preview' } : {})}
          />
        ) : (
          <Screen
            ref={video}
            film={film}
            label={`Film ${revisionOf(film)}`}
            className={styles.video}
            onLost={() => setLost(true)}
          />
        )}
      </div>
      <div className={styles.deck}>
        <SeekBar side={side} player={player} playhead={playhead} />
        <Transport film={film} player={player} playhead={playhead} frames={side.frames} whole={whole} />
      </div>
    </>
  )
}

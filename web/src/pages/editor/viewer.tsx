/** The picture: the film when there is one, else the newest picture of a scene. */
import { useEffect, useRef, useSyncExternalStore } from 'react'
import type { Job } from '../../api/client.ts'
import type { Snapshot } from '../../document/store.ts'
import { timecode } from '../../format.ts'
import type { Player } from '../../player.ts'
import { ButtonLink, IconButton } from '../../ui/controls.tsx'
import { Icon } from '../../ui/icon.tsx'
import { pictureOf } from './board.tsx'
import styles from './editor.module.css'

type Scene = NonNullable<Snapshot['document']['scenes']>[number]

export function Viewer({
  job,
  scene,
  prefers,
  player,
}: {
  job: Job | undefined
  scene: Scene | undefined
  prefers: 'film' | 'scene'
  player: Player
}) {
  const film = job?.status === 'completed' ? job.output : null
  const picture = scene ? pictureOf(job, scene.id) : null
  if (film) return <Film key={film.sha256} job={job!} player={player} />
  return (
    <section className={styles.viewer} aria-label="Viewer">
      <div className={styles.stage}>
        {picture ? (
          <img src={picture} alt={scene ? `${scene.id}: ${String(scene.prompt).slice(0, 100)}` : ''} />
        ) : (
          <div className={styles.empty}>
            <Icon name="film" size={32} />
            {prefers === 'film'
              ? 'No film yet. Play the animatic, or render.'
              : 'Play the animatic to see this scene move.'}
          </div>
        )}
      </div>
    </section>
  )
}

function Film({ job, player }: { job: Job; player: Player }) {
  const output = job.output!
  const fps = output.metadata.fps ?? 24
  const frames = output.metadata.frames ?? Math.round(output.duration * fps)
  const video = useRef<HTMLVideoElement>(null)
  const { frame, playing } = useSyncExternalStore(player.subscribe, player.state)

  useEffect(() => {
    player.setFrames(frames)
    return video.current ? player.attach(video.current) : undefined
  }, [player, frames])

  return (
    <section className={styles.viewer} aria-label="Film">
      <div className={styles.stage}>
        {/* biome-ignore lint/a11y/useMediaCaption: captions are a track of the film itself */}
        <video
          ref={video}
          src={output.video_url}
          poster={output.thumbnail_url}
          preload="metadata"
          playsInline
        />
      </div>
      <div className={styles.transport}>
        <span className={`${styles.time} tabular`}>{timecode(frame, fps)}</span>
        <IconButton icon="previous" label="One frame back" onClick={() => player.seek(frame - 1)} />
        <IconButton
          icon={playing ? 'pause' : 'play'}
          label={playing ? 'Pause' : 'Play'}
          onClick={player.toggle}
        />
        <IconButton icon="next" label="One frame on" onClick={() => player.seek(frame + 1)} />
        <input
          className={styles.scrub}
          type="range"
          min={0}
          max={frames - 1}
          value={frame}
          aria-label="Place in the film"
          aria-valuetext={timecode(frame, fps)}
          onChange={(event) => player.seek(Number(event.target.value))}
        />
        <span className="tabular">{timecode(frames, fps)}</span>
        <ButtonLink href={output.video_url} icon="download" download="">
          Download
        </ButtonLink>
      </div>
    </section>
  )
}

/** The picture: the film when there is one, else the newest picture of a scene. */
import { useEffect, useRef, useState } from 'react'
import type { Job } from '../../api/client.ts'
import type { Snapshot } from '../../document/store.ts'
import { timecode } from '../../format.ts'
import { ButtonLink, IconButton } from '../../ui/controls.tsx'
import { Icon } from '../../ui/icon.tsx'
import { pictureOf } from './board.tsx'
import styles from './editor.module.css'

type Scene = NonNullable<Snapshot['document']['scenes']>[number]

export function Viewer({
  job,
  scene,
  prefers,
}: {
  job: Job | undefined
  scene: Scene | undefined
  prefers: 'film' | 'scene'
}) {
  const film = job?.status === 'completed' ? job.output : null
  const picture = scene ? pictureOf(job, scene.id) : null
  if (film) return <Film key={film.sha256} job={job!} />
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

function Film({ job }: { job: Job }) {
  const output = job.output!
  const fps = output.metadata.fps ?? 24
  const frames = output.metadata.frames ?? Math.round(output.duration * fps)
  const video = useRef<HTMLVideoElement>(null)
  const [frame, setFrame] = useState(0)
  const [playing, setPlaying] = useState(false)

  useEffect(() => {
    const element = video.current
    if (!element) return
    let request = 0
    const tick = (): void => {
      setFrame(Math.min(frames - 1, Math.floor(element.currentTime * fps + 0.001)))
      request = requestAnimationFrame(tick)
    }
    request = requestAnimationFrame(tick)
    return () => cancelAnimationFrame(request)
  }, [fps, frames])

  const seek = (to: number): void => {
    const element = video.current
    if (!element) return
    element.pause()
    // The middle of the frame: its edge may round to the one before.
    element.currentTime = (Math.max(0, Math.min(frames - 1, to)) + 0.5) / fps
  }
  const toggle = (): void => {
    const element = video.current
    if (element?.paused) element.play().catch(() => setPlaying(false))
    else element?.pause()
  }

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement
      if (
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        target.closest('input, textarea, select, button, [contenteditable]')
      )
        return
      if (event.key === ' ' || event.key === 'k') toggle()
      else if (event.key === 'ArrowLeft') seek(frame - (event.shiftKey ? fps : 1))
      else if (event.key === 'ArrowRight') seek(frame + (event.shiftKey ? fps : 1))
      else if (event.key === 'Home') seek(0)
      else if (event.key === 'End') seek(frames - 1)
      else return
      event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  })

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
          onPlay={() => setPlaying(true)}
          onPause={() => setPlaying(false)}
        />
      </div>
      <div className={styles.transport}>
        <span className={`${styles.time} tabular`}>{timecode(frame, fps)}</span>
        <IconButton icon="previous" label="One frame back" onClick={() => seek(frame - 1)} />
        <IconButton icon={playing ? 'pause' : 'play'} label={playing ? 'Pause' : 'Play'} onClick={toggle} />
        <IconButton icon="next" label="One frame on" onClick={() => seek(frame + 1)} />
        <input
          className={styles.scrub}
          type="range"
          min={0}
          max={frames - 1}
          value={frame}
          aria-label="Place in the film"
          aria-valuetext={timecode(frame, fps)}
          onChange={(event) => seek(Number(event.target.value))}
        />
        <span className="tabular">{timecode(frames, fps)}</span>
        <ButtonLink href={output.video_url} icon="download" download="">
          Download
        </ButtonLink>
      </div>
    </section>
  )
}

/** What a new studio shows: the sample film, large, which plays as soon as it is drawn. */
import { Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import type { Job, Project } from '../../api/client.ts'
import { drawSample } from '../../first-film.ts'
import { Button, IconButton } from '../../ui/controls.tsx'
import { Icon } from '../../ui/icon.tsx'
import { wordsOf } from '../faults.tsx'
import type { Film } from '../film/films.ts'
import { Screen } from '../film/screen.tsx'
import { useSteady } from '../film/use-films.ts'
import styles from '../projects.module.css'
import type { Renders } from './renders.ts'

export function Sample({
  project,
  renders: { latest, film },
  teamSlug,
  canDraw,
  onBlank,
}: {
  project: Project
  renders: Renders
  teamSlug: string
  canDraw: boolean
  onBlank: () => void
}) {
  const [fault, setFault] = useState<string>()
  const isWanted = canDraw && latest === undefined
  useEffect(() => {
    // The same key each time: several tabs and visits draw it once.
    if (isWanted) drawSample(project).catch((error) => setFault(wordsOf(error)))
  }, [isWanted, project])

  return (
    <section className={styles.sample} aria-label="The sample film">
      <div className={styles.sampleScreen}>
        {film ? <SampleFilm film={film} /> : <Drawing job={latest} fault={fault} />}
      </div>
      <div className={styles.sampleWords}>
        <h2>
          <Link to="/t/$team/p/$project" params={{ team: teamSlug, project: project.id }} search={{}}>
            {project.name}
          </Link>
        </h2>
        <p>This film came from a page of text. No GPU was used.</p>
        <div className={styles.sampleDrop}>
          <p>Start with a storyboard. Drop a file here, or</p>
          <Button onClick={onBlank}>Start blank</Button>
        </div>
      </div>
    </section>
  )
}

function SampleFilm({ film: read }: { film: Film }) {
  const film = useSteady(read)
  const video = useRef<HTMLVideoElement>(null)
  const [isPlaying, setPlaying] = useState(false)
  useEffect(() => {
    const element = video.current
    if (!element) return
    element.loop = true
    element.onplay = () => setPlaying(true)
    element.onpause = () => setPlaying(false)
    if (!matchMedia('(prefers-reduced-motion: reduce)').matches) element.play().catch(() => {})
  }, [])
  return (
    <>
      <Screen ref={video} film={film} label="Sample film" silent />
      <span className={styles.sampleButton}>
        <IconButton
          icon={isPlaying ? 'pause' : 'play'}
          label={isPlaying ? 'Pause the sample film' : 'Play the sample film'}
          onClick={() => {
            if (video.current?.paused) video.current.play().catch(() => {})
            else video.current?.pause()
          }}
        />
      </span>
    </>
  )
}

function Drawing({ job, fault }: { job: Job | undefined; fault: string | undefined }) {
  const preview = job?.progress.previews?.at(-1)?.url
  const percent = Math.floor(job?.progress.percent ?? 0)
  const trouble = fault ?? (job?.status === 'failed' ? (job.error?.message ?? 'it failed') : undefined)
  if (trouble)
    return (
      <p role="alert" className={styles.drawing}>
        <Icon name="failed" size={24} />
        The sample could not be drawn: {trouble}
      </p>
    )
  return (
    <>
      {preview ? <img src={preview} alt="" /> : null}
      <div className={styles.drawing}>
        {preview ? null : <Icon name="film" size={24} />}
        <span className={`${styles.plate} tabular`}>
          {job?.status === 'processing' ? `Drawing the sample film ${percent}%` : 'The sample film is next'}
        </span>
        <div
          className={styles.bar}
          role="progressbar"
          aria-label="Drawing the sample film"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={percent}
        >
          <i style={{ width: `${percent}%` }} />
        </div>
      </div>
    </>
  )
}

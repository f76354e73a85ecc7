/** One project on the page: its picture, which moves when it is pointed at, and how its last render went. */
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Project } from '../../api/client.ts'
import { about, clock, count, when } from '../../format.ts'
import { Menu } from '../../ui/dialog.tsx'
import { Icon } from '../../ui/icon.tsx'
import { useSteady } from '../film/use-films.ts'
import styles from '../projects.module.css'
import { lengthOf, type Renders, sceneNumber } from './renders.ts'

export type Deeds = {
  rename: (project: Project) => void
  duplicate: (project: Project) => void
  archive: (project: Project) => void
  remove: (project: Project) => void
}

const wantsCalm = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches

export function ProjectCard({
  project,
  renders: { latest, film: newest },
  teamSlug,
  canEdit,
  canDelete,
  deeds,
}: {
  project: Project
  renders: Renders
  teamSlug: string
  canEdit: boolean
  canDelete: boolean
  deeds: Deeds
}) {
  const [isHot, setHot] = useState(false)
  // The list is read again now and then: only the links of a film are others.
  const film = useSteady(newest)
  const { scenes, seconds } = lengthOf(project)
  const isRunning = latest?.status === 'queued' || latest?.status === 'processing'
  const percent = Math.floor(latest?.progress.percent ?? 0)
  const picture =
    (isRunning ? latest?.progress.previews?.at(-1)?.url : undefined) ?? film?.output.thumbnail_url
  const failedScene = latest?.status === 'failed' ? (latest.error?.scene_id ?? null) : null
  const failedNumber = failedScene === null ? null : sceneNumber(project, failedScene)
  const params = { team: teamSlug, project: project.id }

  return (
    <article
      className={styles.card}
      onPointerEnter={() => setHot(true)}
      onPointerLeave={() => setHot(false)}
      onFocus={() => setHot(true)}
      onBlur={() => setHot(false)}
    >
      <div className={styles.poster}>
        {isHot && film && !isRunning && !wantsCalm() ? (
          <video
            src={film.output.video_url}
            poster={film.output.thumbnail_url}
            muted
            loop
            autoPlay
            playsInline
            aria-hidden="true"
            tabIndex={-1}
          />
        ) : picture ? (
          <img src={picture} alt="" loading="lazy" />
        ) : (
          <Icon name="film" size={24} />
        )}
        {isRunning ? <span className={`${styles.plate} tabular`}>{percent}%</span> : null}
      </div>
      <div className={styles.body}>
        <Link className={styles.name} to="/t/$team/p/$project" params={params} search={{}}>
          {project.name}
        </Link>
        <p className={`${styles.facts} tabular`}>
          <span>{clock(seconds)}</span>
          <span>{count(scenes, 'scene')}</span>
        </p>
        <p className={styles.facts}>
          {latest && isRunning ? (
            <span className={`${styles.state} ${styles.running}`}>
              {latest.status === 'queued' ? 'Waiting' : 'Rendering'}
              {latest.progress.eta_seconds ? `, ${about(latest.progress.eta_seconds)}` : ''}
            </span>
          ) : latest?.status === 'failed' ? (
            <>
              <span className={`${styles.state} ${styles.bad}`}>
                <Icon name="failed" size={12} />
                {failedNumber ? `Scene ${failedNumber} failed` : 'Failed'}
              </span>
              {failedNumber && failedScene !== null ? (
                <Link
                  className={styles.toScene}
                  to="/t/$team/p/$project"
                  params={params}
                  search={{ scene: failedScene }}
                >
                  Open scene {failedNumber}
                </Link>
              ) : null}
            </>
          ) : latest?.status === 'completed' ? (
            <span
              className={styles.state}
              title={new Date(latest.completed_at ?? latest.updated_at).toLocaleString('en-GB')}
            >
              <span className={styles.ok}>
                <Icon name="check" size={12} />
              </span>
              Done {when(Date.parse(latest.completed_at ?? latest.updated_at))}
            </span>
          ) : (
            <span>
              {latest?.status === 'canceled' ? 'Canceled' : 'Changed'} {when(Date.parse(project.updated_at))}
            </span>
          )}
        </p>
      </div>
      {canEdit ? (
        <div className={styles.more}>
          <Menu
            trigger={
              <button type="button" aria-label={`More for ${project.name}`}>
                <Icon name="more" />
              </button>
            }
            items={[
              { label: 'Rename', onSelect: () => deeds.rename(project) },
              { label: 'Duplicate', onSelect: () => deeds.duplicate(project) },
              {
                label: project.status === 'archived' ? 'Bring back' : 'Archive',
                onSelect: () => deeds.archive(project),
              },
              ...(canDelete
                ? [
                    'separator' as const,
                    { label: 'Delete', bad: true, onSelect: () => deeds.remove(project) },
                  ]
                : []),
            ]}
          />
        </div>
      ) : null}
      {isRunning ? (
        <div
          className={styles.bar}
          role="progressbar"
          aria-valuenow={percent}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-label={`Rendering ${project.name}`}
        >
          <i style={{ width: `${percent}%` }} />
        </div>
      ) : null}
    </article>
  )
}

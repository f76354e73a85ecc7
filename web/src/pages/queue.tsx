/** What is being rendered, what waits, and what has come to its end. */
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ask, type Job } from '../api/client.ts'
import { when } from '../format.ts'
import { connection } from '../live/connection.ts'
import { type HeardEvent, isOver, withEvent } from '../live/progress.ts'
import { Button } from '../ui/controls.tsx'
import { wordsOf } from './faults.tsx'
import styles from './page.module.css'
import { useTeam } from './projects.tsx'

const jobsQuery = (owner: string) =>
  queryOptions({
    queryKey: ['jobs-of', owner],
    queryFn: ({ signal }): Promise<Job[]> =>
      ask(
        (api, limit) => api.GET('/v1/jobs', { params: { query: { owner, limit: 100 } }, signal: limit }),
        signal,
      ),
  })

const WORDS: Record<Job['status'], string> = {
  queued: 'Waiting',
  processing: 'Rendering',
  completed: 'Done',
  failed: 'Failed',
  canceled: 'Canceled',
}

export function QueuePage() {
  const team = useTeam()
  const queries = useQueryClient()
  const query = jobsQuery(team ? `framecast:team:${team.id}` : '')
  const list = useQuery({ ...query, enabled: Boolean(team) })

  useEffect(() => {
    if (!team) return
    const { queryKey } = jobsQuery(`framecast:team:${team.id}`)
    return connection.listen(`team:${team.id}`, {
      onStand: () => {
        queries.invalidateQueries({ queryKey })
      },
      onMessage: (message) => {
        if (message.type !== 'event') return
        const { event_type, job_id } = message
        if (event_type !== 'progress' && event_type !== 'scene_complete' && event_type !== 'started') {
          queries.invalidateQueries({ queryKey })
          return
        }
        queries.setQueryData(queryKey, (jobs) =>
          jobs?.map((job) => (job.id === job_id ? withEvent(job, message as unknown as HeardEvent) : job)),
        )
      },
    })
  }, [team, queries])

  const jobs = list.data ?? []
  const groups = [
    { name: 'Running', jobs: jobs.filter((job) => job.status === 'processing') },
    { name: 'Waiting', jobs: jobs.filter((job) => job.status === 'queued').reverse() },
    { name: 'Ended', jobs: jobs.filter(isOver) },
  ]

  return (
    <main className={styles.page}>
      <title>{`Queue – ${team?.name ?? 'Framecast'}`}</title>
      <header className={styles.head}>
        <h1>Queue</h1>
      </header>
      {list.error ? (
        <p role="alert" className={styles.fault}>
          {wordsOf(list.error)}
        </p>
      ) : null}
      {groups.map(({ name, jobs: of }) => (
        <section key={name} className={styles.section} aria-label={name}>
          <h2>
            {name} <span className="tabular">{of.length}</span>
          </h2>
          {of.length === 0 ? (
            <p className={styles.small}>
              {name === 'Ended' ? 'Nothing was rendered yet.' : `Nothing is ${name.toLowerCase()}.`}
            </p>
          ) : (
            <ul className={styles.list}>
              {of.map((job) => (
                <JobLine key={job.id} job={job} teamSlug={team?.slug ?? ''} />
              ))}
            </ul>
          )}
        </section>
      ))}
    </main>
  )
}

function JobLine({ job, teamSlug }: { job: Job; teamSlug: string }) {
  const title = String((job.spec_snapshot as { title?: unknown }).title ?? 'Untitled')
  const percent = job.progress.percent ?? 0
  const canCancel = !isOver(job)
  return (
    <li className={styles.line}>
      <span className={styles.main}>
        {job.project_id ? (
          <Link to="/t/$team/p/$project" params={{ team: teamSlug, project: job.project_id }} search={{}}>
            {title}
          </Link>
        ) : (
          title
        )}
        <small className={job.status === 'failed' ? styles.bad : ''}>
          {WORDS[job.status]}
          {job.status === 'failed' ? `: ${job.error?.message ?? ''}` : ''}
          {job.status === 'queued' ? ` since ${when(Date.parse(job.created_at))}` : ''}
          {isOver(job) && job.completed_at ? ` ${when(Date.parse(job.completed_at))}` : ''}
          {job.credits_refunded > 0 ? `, ${job.credits_refunded} credits returned` : ''}
        </small>
      </span>
      {job.status === 'processing' ? (
        <>
          <span
            className={styles.track}
            role="progressbar"
            aria-label={`Rendering ${title}`}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.floor(percent)}
          >
            <i style={{ width: `${percent}%` }} />
          </span>
          <span className="tabular">{Math.floor(percent)}%</span>
        </>
      ) : null}
      {canCancel ? (
        <Button
          onClick={() => {
            ask((api, signal) =>
              api.POST('/v1/jobs/{id}/cancel', { params: { path: { id: job.id } }, signal }),
            ).catch(() => {})
          }}
        >
          Cancel
        </Button>
      ) : null}
    </li>
  )
}

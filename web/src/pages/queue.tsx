/** What is being rendered, what waits and why, and what has come to its end. */
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { ask, type Job } from '../api/client.ts'
import { count, when } from '../format.ts'
import { connection } from '../live/connection.ts'
import { useNames } from '../live/people.ts'
import { type HeardEvent, isOver, withEvent } from '../live/progress.ts'
import { timeLeftWords } from '../live/words.ts'
import { enginesAtWorkQuery } from '../queries.ts'
import { Button } from '../ui/controls.tsx'
import { Icon, type IconName } from '../ui/icon.tsx'
import { isFree } from './engines/words.ts'
import { wordsOf } from './faults.tsx'
import pageStyles from './page.module.css'
import { useTeam } from './projects.tsx'
import { isWaiting, othersIn, titleOf, wordsForWait } from './queue/words.ts'
import styles from './queue.module.css'

/** Jobs of other teams move ours on, and nobody tells of them. */
const LOOK_EVERY_MS = 10_000

const jobsQuery = (owner: string) =>
  queryOptions({
    queryKey: ['jobs-of', owner, 'standing'],
    queryFn: ({ signal }): Promise<Job[]> =>
      ask(
        (api, limit) =>
          api.GET('/v1/jobs', {
            params: { query: { owner, limit: 100, include: 'standing' } },
            signal: limit,
          }),
        signal,
      ),
    refetchInterval: ({ state }) => (state.data?.some((job) => !isOver(job)) ? LOOK_EVERY_MS : false),
  })

export function QueuePage() {
  const team = useTeam()
  const queries = useQueryClient()
  const query = jobsQuery(team ? `framecast:team:${team.id}` : '')
  const list = useQuery({ ...query, enabled: Boolean(team) })
  const nameOf = useNames(team?.id)
  const { data: engines = [], isSuccess: areEnginesKnown } = useQuery(enginesAtWorkQuery)

  useEffect(() => {
    if (!team) return
    const { queryKey } = jobsQuery(`framecast:team:${team.id}`)
    return connection.listen(`team:${team.id}`, {
      onStand: () => {
        queries.invalidateQueries({ queryKey })
      },
      onMessage: (message) => {
        if (message.type !== 'event') return
        if (message.event_type !== 'progress') {
          queries.invalidateQueries({ queryKey })
          return
        }
        queries.setQueryData(queryKey, (jobs) =>
          jobs?.map((job) =>
            job.id === message.job_id ? withEvent(job, message as unknown as HeardEvent) : job,
          ),
        )
      },
    })
  }, [team, queries])

  const jobs = list.data ?? []
  const free = engines.filter(isFree).length
  const hasGpu = engines.some(({ kind }) => kind !== 'preview')
  const ofOthers = othersIn(engines)
  const active = jobs.filter((job) => !isOver(job))
  const groups = [
    { name: 'Running', jobs: active.filter((job) => !isWaiting(job)), none: 'Nothing is rendering.' },
    {
      name: 'Waiting',
      // In the order in which they come up.
      jobs: active
        .filter(isWaiting)
        .sort((a, b) => (a.queue_position ?? Infinity) - (b.queue_position ?? Infinity)),
      none: `Nothing is waiting.${free > 0 ? ` ${count(free, 'engine')} ${free === 1 ? 'is' : 'are'} free.` : ''}`,
    },
    { name: 'Ended', jobs: jobs.filter(isOver), none: 'Nothing was rendered yet.' },
  ]

  return (
    <main className={pageStyles.page} aria-busy={list.isPending}>
      <title>{`Queue – ${team?.name ?? 'Framecast'}`}</title>
      <header className={pageStyles.head}>
        <h1>Queue</h1>
      </header>
      {list.error ? (
        <p role="alert" className={pageStyles.fault}>
          {wordsOf(list.error)}
        </p>
      ) : null}
      {areEnginesKnown && !hasGpu ? (
        <p className={`${pageStyles.small} ${styles.noGpu}`}>
          No GPU engine is set up. Animatics work. <Link to="/engines">Show the engines</Link>
        </p>
      ) : null}
      {list.isPending
        ? null
        : groups.map(({ name, jobs: of, none }) => (
            <section key={name} className={pageStyles.section} aria-label={name}>
              <h2>
                {name} <span className="tabular">{of.length}</span>
              </h2>
              {of.length === 0 ? (
                <p className={pageStyles.small}>{none}</p>
              ) : (
                <ul className={pageStyles.list}>
                  {of.map((job) => (
                    <JobLine
                      key={job.id}
                      job={job}
                      teamSlug={team?.slug ?? ''}
                      who={nameOf(job.triggered_by)}
                      onChange={() => queries.invalidateQueries({ queryKey: query.queryKey })}
                    />
                  ))}
                </ul>
              )}
              {name === 'Ended' ? null : (
                <OthersLine scenes={name === 'Running' ? ofOthers.running : ofOthers.waiting} verb={name} />
              )}
            </section>
          ))}
    </main>
  )
}

const ENDS: Partial<Record<Job['status'], { word: string; icon: IconName; look: string | undefined }>> = {
  completed: { word: 'Done', icon: 'check', look: styles.done },
  failed: { word: 'Failed', icon: 'failed', look: styles.failed },
  canceled: { word: 'Canceled', icon: 'close', look: undefined },
}

/** Work of other teams: that it is there, and nothing of what it is. */
function OthersLine({ scenes, verb }: { scenes: number; verb: string }) {
  if (scenes === 0) return null
  return (
    <p className={styles.more}>
      {verb}: {count(scenes, 'scene')} of another team
    </p>
  )
}

function JobLine({
  job,
  teamSlug,
  who,
  onChange,
}: {
  job: Job
  teamSlug: string
  who: string | null
  onChange: () => void
}) {
  const title = titleOf(job)
  const end = ENDS[job.status]
  return (
    <li className={styles.job} data-ended={end !== undefined}>
      <span className={`${styles.place} ${end?.look ?? ''} tabular`}>
        {end ? <Icon name={end.icon} /> : isWaiting(job) ? (job.queue_position ?? '') : <Icon name="queue" />}
      </span>
      <span className={styles.title}>
        <Link to="/t/$team/queue/$job" params={{ team: teamSlug, job: job.id }}>
          {title}
        </Link>
        <small>{[who, job.engine === 'preview' ? 'animatic' : job.engine].filter(Boolean).join(' · ')}</small>
      </span>
      {end ? <Ended job={job} word={end.word} /> : <Active job={job} title={title} onChange={onChange} />}
    </li>
  )
}

function Ended({ job, word }: { job: Job; word: string }) {
  return (
    <>
      <span className={styles.where}>
        {word}
        {job.status === 'failed' && job.error ? `: ${job.error.message}` : ''}
        {job.credits_refunded > 0 ? <small>{job.credits_refunded} credits returned</small> : null}
      </span>
      <span className={`${styles.when} tabular`}>
        {job.completed_at ? when(Date.parse(job.completed_at)) : ''}
      </span>
    </>
  )
}

function Active({ job, title, onChange }: { job: Job; title: string; onChange: () => void }) {
  const [fault, setFault] = useState<string>()
  const percent = Math.floor(job.progress.percent ?? 0)
  const waits = isWaiting(job)

  const cancel = async (): Promise<void> => {
    setFault(undefined)
    try {
      await ask((api, signal) =>
        api.POST('/v1/jobs/{id}/cancel', { params: { path: { id: job.id } }, signal }),
      )
    } catch (error) {
      setFault(wordsOf(error))
    }
    onChange()
  }

  return (
    <>
      <span className={styles.where}>
        {waits ? wordsForWait(job) : job.servers?.join(', ') || 'Preparing'}
        <small className={fault ? styles.failed : 'tabular'} role={fault ? 'alert' : undefined}>
          {fault ?? (waits ? `since ${when(Date.parse(job.created_at))}` : (timeLeftWords(job) ?? ''))}
        </small>
      </span>
      {waits && percent === 0 ? (
        <i className={styles.gap} />
      ) : (
        <>
          <span
            className={`${pageStyles.track} ${styles.track}`}
            role="progressbar"
            aria-label={`Rendering ${title}`}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={percent}
          >
            <i style={{ width: `${percent}%` }} />
          </span>
          <span className={`${styles.number} tabular`}>{percent}%</span>
        </>
      )}
      <Button onClick={cancel} aria-label={`Cancel ${title}`}>
        Cancel
      </Button>
    </>
  )
}

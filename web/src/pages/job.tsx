/** One render: how far it is, where it runs, its scenes, what it cost, and the ways on from it. */
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { ApiError, ask, type Job } from '../api/client.ts'
import { count, when } from '../format.ts'
import { connection } from '../live/connection.ts'
import { useNames } from '../live/people.ts'
import { type HeardEvent, isOver, type LiveJob, withEvent, withRead } from '../live/progress.ts'
import { cancelWords, endWords, percentOf, scenesWords, stageWords, timeLeftWords } from '../live/words.ts'
import { enginesAtWorkQuery } from '../queries.ts'
import { Confirm, type Question } from '../ui/confirm.tsx'
import { Button } from '../ui/controls.tsx'
import { type Fact, Facts } from '../ui/facts.tsx'
import { Icon } from '../ui/icon.tsx'
import { wordsOf } from './faults.tsx'
import pageStyles from './page.module.css'
import { useTeam } from './projects.tsx'
import { isWaiting, scenesOf, titleOf, wordsForWait } from './queue/words.ts'
import styles from './queue.module.css'

/** Who works on it and what is before it changes without an event of its own. */
const LOOK_EVERY_MS = 10_000

const standingQuery = (id: string) =>
  queryOptions({
    queryKey: ['jobs', id, 'standing'],
    queryFn: ({ signal }): Promise<LiveJob> =>
      ask(
        (api, limit) =>
          api.GET('/v1/jobs/{id}', {
            params: { path: { id }, query: { include: 'standing' } },
            signal: limit,
          }),
        signal,
      ),
    structuralSharing: (known, read) => withRead(known as LiveJob | undefined, read as LiveJob),
    refetchInterval: ({ state }) => (state.data && !isOver(state.data) ? LOOK_EVERY_MS : false),
  })

function useJob(id: string) {
  const queries = useQueryClient()
  const found = useQuery(standingQuery(id))
  useEffect(() => {
    const { queryKey } = standingQuery(id)
    const read = (): void => {
      queries.invalidateQueries({ queryKey })
    }
    return connection.listen(`job:${id}`, {
      onStand: read,
      onMessage: (message) => {
        if (message.type !== 'event') return
        queries.setQueryData(queryKey, (job) => job && withEvent(job, message as unknown as HeardEvent))
        if (message.event_type !== 'progress') read()
      },
    })
  }, [queries, id])
  return found
}

export function JobPage() {
  const { job: id } = useParams({ from: '/inside/t/$team/queue/$job' })
  const { data: job, error, isPending } = useJob(id)
  if (job) return <Shown job={job} />
  return (
    <main className={pageStyles.page} aria-busy={isPending}>
      <title>Render – Framecast</title>
      <header className={pageStyles.head}>
        <h1>
          {error instanceof ApiError && error.status === 404
            ? 'There is no render here, or you may not see it.'
            : 'Render'}
        </h1>
      </header>
      {error && !(error instanceof ApiError && error.status === 404) ? (
        <p role="alert" className={pageStyles.fault}>
          {wordsOf(error)}
        </p>
      ) : null}
    </main>
  )
}

function Shown({ job }: { job: LiveJob }) {
  const team = useTeam()
  const slug = team?.slug ?? ''
  const nameOf = useNames(team?.id)
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [question, setQuestion] = useState<Question | null>(null)
  const [fault, setFault] = useState<string>()
  const title = titleOf(job)
  const over = isOver(job)
  const failed = job.error?.scene_id ? scenesOf(job).find(({ id }) => id === job.error?.scene_id) : undefined
  const percent = percentOf(job)

  const cancel = (): void =>
    setQuestion({
      title: 'Cancel this render?',
      body: cancelWords(job),
      verb: 'Cancel render',
      keep: 'Keep rendering',
      work: async () => {
        await ask((api, signal) =>
          api.POST('/v1/jobs/{id}/cancel', { params: { path: { id: job.id } }, signal }),
        )
        await queries.invalidateQueries({ queryKey: ['jobs', job.id] })
      },
    })
  const again = async (): Promise<void> => {
    setFault(undefined)
    try {
      const made = await ask((api, signal) =>
        api.POST('/v1/jobs/{id}/clone', { params: { path: { id: job.id } }, signal }),
      )
      await navigate({ to: '/t/$team/queue/$job', params: { team: slug, job: made.id } })
    } catch (error) {
      setFault(wordsOf(error))
    }
  }

  return (
    <main className={pageStyles.page}>
      <title>{`${over ? '' : `${percent}% `}${title} – Framecast`}</title>
      <header className={pageStyles.head}>
        <Link to="/t/$team/queue" params={{ team: slug }} className={pageStyles.up}>
          Queue
        </Link>
        <h1>{title}</h1>
        <span className={`${pageStyles.push} ${styles.acts}`}>
          {job.project_id && job.status === 'completed' ? (
            <Link
              className={styles.act}
              to="/t/$team/p/$project"
              params={{ team: slug, project: job.project_id }}
              search={{ view: 'film', a: job.id }}
            >
              Play the film
            </Link>
          ) : null}
          {job.project_id ? (
            <Link
              className={styles.act}
              to="/t/$team/p/$project"
              params={{ team: slug, project: job.project_id }}
              search={failed ? { scene: failed.id } : {}}
            >
              {failed ? `Open scene ${failed.number}` : 'Open the project'}
            </Link>
          ) : null}
          <a className={styles.act} href={`/watch/${job.id}`}>
            Watch
          </a>
          {over && !job.project_id ? <Button onClick={again}>Render again</Button> : null}
          {over ? null : <Button onClick={cancel}>Cancel</Button>}
        </span>
      </header>
      {fault ? (
        <p role="alert" className={pageStyles.fault}>
          {fault}
        </p>
      ) : null}
      <section className={pageStyles.section} aria-label="Progress">
        <div className={styles.far}>
          <p className={job.status === 'failed' ? styles.failed : undefined} role="status">
            {endWords(job, nameOf) ?? (isWaiting(job) ? wordsForWait(job) : stageWords(job))}
          </p>
          {over ? null : (
            <>
              <div
                className={`${pageStyles.track} ${styles.wideTrack}`}
                role="progressbar"
                aria-label={`Rendering ${title}`}
                aria-valuemin={0}
                aria-valuemax={100}
                aria-valuenow={percent}
              >
                <i style={{ width: `${percent}%` }} />
              </div>
              <p className={`${pageStyles.small} tabular`}>
                {[scenesWords(job), timeLeftWords(job), job.servers?.join(', ')].filter(Boolean).join(' · ')}
              </p>
            </>
          )}
        </div>
      </section>
      <div className={styles.columns}>
        <Scenes job={job} slug={slug} />
        <FactsOf job={job} who={nameOf(job.triggered_by)} />
      </div>
      <Confirm question={question} onClose={() => setQuestion(null)} />
    </main>
  )
}

/** Scenes, and for those that run where they do. */
function Scenes({ job, slug }: { job: Job; slug: string }) {
  const { data: engines = [] } = useQuery({ ...enginesAtWorkQuery, enabled: !isOver(job) })
  const runs = engines.flatMap(({ name, standing }) =>
    (standing?.running ?? [])
      .filter((scene) => scene.job?.id === job.id)
      .map(({ scene_id, attempt }) => ({
        id: scene_id,
        words: attempt > 1 ? `${name}, try ${attempt}` : name,
      })),
  )
  const scenes = scenesOf(job)
  return (
    <section className={pageStyles.section} aria-label="Scenes">
      <h2>
        Scenes <span className="tabular">{scenes.length}</span>
      </h2>
      <ol className={pageStyles.list}>
        {scenes.map(({ id, number, title, word, look, icon }) => (
          <li key={id} className={styles.scene}>
            <span className="tabular">{String(number).padStart(2, '0')}</span>
            {job.project_id ? (
              <Link
                to="/t/$team/p/$project"
                params={{ team: slug, project: job.project_id }}
                search={{ scene: id }}
              >
                {title}
              </Link>
            ) : (
              <b>{title}</b>
            )}
            <small>{runs.find((run) => run.id === id)?.words ?? ''}</small>
            <span className={`${styles.word} ${styles[look] ?? ''} tabular`}>
              <Icon name={icon} size={12} />
              {word}
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}

function FactsOf({ job, who }: { job: Job; who: string | null }) {
  const { resolution, fps, engine } = job.options as { resolution?: string; fps?: number; engine?: string }
  const time = (text: string | null): string => (text ? when(Date.parse(text)) : 'not yet')
  const facts: Fact[] = [
    ['By', who ?? 'somebody who left'],
    ['Engine', job.engine === 'preview' ? 'Preview: an animatic' : (job.engine ?? engine ?? 'Automatic')],
    ['Picture', [resolution, fps ? `${fps} fps` : null].filter(Boolean).join(', ') || 'not known'],
    ['Accepted', time(job.created_at)],
    ['Begun', time(job.started_at)],
    ...(isOver(job) ? ([['Ended', time(job.completed_at)]] as const) : []),
    ['Charged', count(job.credits_charged, 'credit')],
    ...(job.credits_refunded > 0 ? ([['Returned', count(job.credits_refunded, 'credit')]] as const) : []),
  ]
  return (
    <section className={pageStyles.section} aria-label="Render">
      <h2>Render</h2>
      <div className={styles.box}>
        <Facts facts={facts} />
      </div>
    </section>
  )
}

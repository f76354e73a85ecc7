/** What the list of engines and the page of one have in common. */
import { useQueries, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ask, type Engine } from '../../api/client.ts'
import { when } from '../../format.ts'
import { enginesQuery, membersQuery, teamsQuery } from '../../queries.ts'
import { Button } from '../../ui/controls.tsx'
import { Icon } from '../../ui/icon.tsx'
import styles from '../engines.module.css'
import { wordsOf } from '../faults.tsx'
import { shownState } from './words.ts'

const GIB = 2 ** 30

export const KINDS: Record<Engine['kind'], string> = {
  comfyui: 'ComfyUI',
  preview: 'Preview, on the CPU: animatics, 0 credits',
  runpod: 'RunPod, in the cloud',
}

export function State({ engine }: { engine: Engine }) {
  const { word, look, icon } = shownState(engine)
  return (
    <span className={`${styles.state} ${styles[look]}`}>
      <Icon name={icon} />
      {word}
    </span>
  )
}

/** Graphics memory as a bar and in figures; nothing for a server that has none. */
export function Memory({ health }: Pick<Engine, 'health'>) {
  const { vram_total, vram_free } = health
  if (!vram_total || vram_free === null) return <div />
  const used = vram_total - vram_free
  const words = `${(used / GIB).toFixed(1)} of ${(vram_total / GIB).toFixed(1)} GB`
  return (
    <div>
      <div className={styles.bar} role="img" aria-label={`VRAM: ${words} in use`}>
        <i style={{ width: `${Math.min(100, (100 * used) / vram_total)}%` }} />
      </div>
      <small className="tabular">VRAM {words}</small>
    </div>
  )
}

/** What an operator may do to a server: take it out of service, put it back, have a look taken. */
export function Acts({ engine: { slug, kind, drain, in_use } }: { engine: Engine }) {
  const queries = useQueryClient()
  const [busy, setBusy] = useState<'drain' | 'resume' | 'test' | null>(null)
  const [fault, setFault] = useState<string>()
  const act = async (what: 'drain' | 'resume' | 'test'): Promise<void> => {
    setBusy(what)
    setFault(undefined)
    try {
      await ask((api, signal) =>
        api.POST(`/v1/admin/engines/{slug}/${what}`, { params: { path: { slug } }, signal }),
      )
    } catch (error) {
      setFault(wordsOf(error))
    } finally {
      await queries.invalidateQueries(enginesQuery)
      setBusy(null)
    }
  }
  // A cloud endpoint is neither looked at nor drained.
  if (kind === 'runpod') return null
  return (
    <>
      <Button disabled={busy !== null} onClick={() => act(drain ? 'resume' : 'drain')}>
        {drain ? (in_use > 0 ? 'Undo' : 'Resume') : 'Drain'}
      </Button>
      <Button disabled={busy !== null} onClick={() => act('test')}>
        {busy === 'test' ? 'Testing' : 'Test'}
      </Button>
      {fault ? (
        <small role="alert" className={styles.down}>
          {fault}
        </small>
      ) : null}
    </>
  )
}

export function Failures({ engine: { recent_failures: failures = [] } }: { engine: Engine }) {
  return (
    <ol className={styles.failures}>
      {failures.map((failure) => (
        <li key={failure.at}>
          <time dateTime={failure.at} className="tabular">
            {when(Date.parse(failure.at))}
          </time>
          {failure.message}
        </li>
      ))}
    </ol>
  )
}

type Work = NonNullable<Engine['standing']>
type KnownJob = Work['running'][number]['job']

/** Id of the team that owns a job, or of which its owner is a member. */
const teamIdOf = (job: KnownJob): string | null =>
  /^framecast:(?:team:)?([0-9a-f-]{36})/.exec(job?.owner ?? '')?.[1] ?? null

/** Who a job is of, as far as it may be known: the address of its team, and the name of who asked for it. */
function usePeople(jobs: readonly KnownJob[]) {
  const ids = [...new Set(jobs.map(teamIdOf).filter((id) => id !== null))]
  const found = useQueries({ queries: ids.map((id) => membersQuery(id)) })
  const [teams] = useQueries({ queries: [teamsQuery] })
  return (job: KnownJob): { slug: string | null; who: string | null } => {
    const id = teamIdOf(job)
    const members = found[ids.indexOf(id ?? '')]?.data
    const member = members?.find(({ user_id }) => user_id === job?.triggered_by)
    return {
      slug: teams.data?.find((team) => team.id === id)?.slug ?? null,
      who: member ? (member.user_name ?? member.user_email.replace(/@.*/, '')) : null,
    }
  }
}

function JobName({ job, slug }: { job: NonNullable<KnownJob>; slug: string | null }) {
  const title = job.title || 'Untitled'
  return slug ? (
    <Link to="/t/$team/queue/$job" params={{ team: slug, job: job.id }}>
      {title}
    </Link>
  ) : (
    <b>{title}</b>
  )
}

/** Scenes that a server works on; those of others are counted and not named. */
export function RunningWork({ work }: { work: Work['running'] }) {
  const of = usePeople(work.map(({ job }) => job))
  return (
    <ul className={styles.work} aria-label="Running">
      {work.map(({ job, scene_id, scene_number, attempt, since }, at) => {
        const { slug, who } = of(job)
        return (
          <li key={job ? `${job.id} ${scene_id}` : `other ${at}`}>
            <span>
              {job ? (
                <>
                  {scene_number ? `Scene ${scene_number}` : 'A scene'} of <JobName job={job} slug={slug} />
                </>
              ) : (
                'A scene of another team'
              )}
            </span>
            <small className="tabular">
              {[who, attempt > 1 ? `try ${attempt}` : null, `since ${when(Date.parse(since))}`]
                .filter(Boolean)
                .join(' · ')}
            </small>
          </li>
        )
      })}
    </ul>
  )
}

/** Jobs with scenes that a server could take, in their order. */
export function WaitingWork({ work }: { work: Work['waiting'] }) {
  const of = usePeople(work.map(({ job }) => job))
  return (
    <ol className={styles.work} aria-label="Waiting">
      {work.map(({ job, scenes, since }, at) => {
        const { slug, who } = of(job)
        return (
          <li key={job?.id ?? `other ${at}`}>
            <span>
              <i className="tabular">{at + 1}</i>
              {job ? <JobName job={job} slug={slug} /> : 'Another team'}
            </span>
            <small className="tabular">
              {[who, `${scenes} ${scenes === 1 ? 'scene' : 'scenes'}`, `since ${when(Date.parse(since))}`]
                .filter(Boolean)
                .join(' · ')}
            </small>
          </li>
        )
      })}
    </ol>
  )
}

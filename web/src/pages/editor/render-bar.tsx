/** What a render would do, the buttons that start one, and how the present one goes. */
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react'
import { ApiError, ask, type Job, type RenderPlan } from '../../api/client.ts'
import { renderProject, type Snapshot } from '../../document/store.ts'
import { about, count } from '../../format.ts'
import { Button } from '../../ui/controls.tsx'
import { CopyAs } from '../../ui/copy-as.tsx'
import { wordsOf } from '../faults.tsx'
import styles from './editor.module.css'

const PHASES: Record<string, string> = {
  queued: 'Waiting',
  initializing: 'Preparing',
  generating: 'Scenes',
  stitching: 'Joining',
  finalizing: 'Finishing',
}

type Options = { engine?: 'preview' }

/** Saves what is not saved yet, and starts a render. */
export type StartRender = (options: Options) => void

export function RenderBar({
  projectId,
  snapshot,
  plan,
  job,
  canRender,
  saveNow,
  onStarted,
  onFirstProblem,
  start,
}: {
  projectId: string
  snapshot: Snapshot
  plan: RenderPlan | undefined
  job: Job | undefined
  canRender: boolean
  saveNow: () => void
  onStarted: (jobId: string) => void
  onFirstProblem: () => void
  /** Where other parts of the page find the way to start one. */
  start: Ref<StartRender>
}) {
  const [wanted, setWanted] = useState<Options | null>(null)
  const [fault, setFault] = useState<string>()
  const started = useRef(false)
  const running = job && (job.status === 'queued' || job.status === 'processing')
  const problems = snapshot.checked?.errors.length ?? 0
  const isSaved = snapshot.save.kind === 'saved'
  // A render is of what is saved, so that it waits for the save that is under way.
  useEffect(() => {
    if (!wanted || started.current) return
    if (!isSaved) return saveNow()
    started.current = true
    renderProject(projectId, wanted, crypto.randomUUID())
      .then((made) => onStarted(made.id))
      .catch((error) =>
        setFault(error instanceof ApiError && error.status === 402 ? error.message : wordsOf(error)),
      )
      .finally(() => {
        started.current = false
        setWanted(null)
      })
  }, [wanted, isSaved, projectId, saveNow, onStarted])

  const render = (options: Options): void => {
    setFault(undefined)
    setWanted(options)
  }
  useImperativeHandle(start, () => render)

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || !canRender || running || problems > 0)
        return
      event.preventDefault()
      render(event.shiftKey ? { engine: 'preview' } : {})
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  })

  if (running) return <LiveBar job={job} canCancel={canRender} />
  return (
    <>
      <Button
        icon="play"
        disabled={!canRender || wanted !== null || problems > 0}
        onClick={() => render({ engine: 'preview' })}
      >
        Animatic
      </Button>
      <p className={`${styles.plan} tabular`} role="status">
        {problems > 0 ? (
          <button type="button" onClick={onFirstProblem}>
            {count(problems, 'problem')} to fix
          </button>
        ) : fault ? (
          <span className={styles.bad}>{fault}</span>
        ) : plan?.refusal ? (
          <span className={styles.bad}>{plan.refusal.message}</span>
        ) : plan ? (
          <PlanLine plan={plan} />
        ) : null}
      </p>
      <Button
        look="primary"
        disabled={!canRender || wanted !== null || problems > 0}
        onClick={() => render({})}
      >
        {wanted ? 'Starting' : 'Render'}
      </Button>
      <CopyAs project={{ id: projectId, name: snapshot.document.title ?? '' }} />
    </>
  )
}

/** Two lines: what is made, and what it takes. */
function PlanLine({ plan: { totals } }: { plan: RenderPlan }) {
  if (totals.render === 0)
    return (
      <>
        <b>Nothing changed</b>
        Render again costs {count(totals.credits, 'credit')}
      </>
    )
  return (
    <>
      <b>
        {totals.render} {totals.render === 1 ? 'scene renders' : 'scenes render'}
        {totals.reuse > 0 ? `, ${totals.reuse} reused` : ''}
      </b>
      {count(totals.credits, 'credit')}, {about(totals.seconds)}
    </>
  )
}

function LiveBar({ job, canCancel }: { job: Job; canCancel: boolean }) {
  const [asked, setAsked] = useState(false)
  const { percent = 0, phase = 'queued', scenes_completed = 0, scenes_total = 0 } = job.progress
  const cancel = (): void => {
    ask((api, signal) =>
      api.POST('/v1/jobs/{id}/cancel', { params: { path: { id: job.id } }, signal }),
    ).catch(() => {})
    setAsked(false)
  }
  return (
    <div className={`${styles.liveBar} tabular`}>
      <span>
        {PHASES[phase] ?? 'Rendering'} {Math.floor(percent)}%
        {scenes_total > 0 ? `, ${scenes_completed} of ${count(scenes_total, 'scene')}` : ''}
      </span>
      <span
        className={styles.track}
        role="progressbar"
        aria-label="Rendering"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(percent)}
      >
        <i style={{ width: `${percent}%` }} />
      </span>
      {asked ? (
        <>
          <Button onClick={cancel}>Cancel render</Button>
          <Button look="plain" onClick={() => setAsked(false)}>
            Keep rendering
          </Button>
        </>
      ) : (
        <Button look="plain" disabled={!canCancel} onClick={() => setAsked(true)}>
          Cancel
        </Button>
      )}
    </div>
  )
}

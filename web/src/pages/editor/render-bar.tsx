/** What a render would do, the buttons that start one, and how the present one goes. */
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react'
import { ask, type Job, type RenderPlan } from '../../api/client.ts'
import { renderProject, type Snapshot } from '../../document/store.ts'
import { about, count } from '../../format.ts'
import { isOver, type LiveJob } from '../../live/progress.ts'
import {
  cancelWords,
  milestoneWords,
  percentOf,
  scenesWords,
  stageWords,
  timeLeftWords,
} from '../../live/words.ts'
import { Button } from '../../ui/controls.tsx'
import { CopyAs } from '../../ui/copy-as.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { wordsOf } from '../faults.tsx'
import { Share } from '../film/share.tsx'
import styles from './editor.module.css'
import { lackOf } from './refusal-words.ts'
import bar from './render-bar.module.css'

/** States of saving that no waiting ends. */
const HELD: ReadonlySet<Snapshot['save']['kind']> = new Set(['conflict', 'refused', 'unreadable'])

type Options = { engine?: string; resolution?: string }

/** Saves what is not saved yet, and starts a render. */
export type StartRender = (options: Options) => void

export function RenderBar({
  projectId,
  snapshot,
  plan,
  job,
  canRender,
  canCancel,
  saveNow,
  onStarted,
  onRefused,
  onFirstProblem,
  start,
}: {
  projectId: string
  snapshot: Snapshot
  plan: RenderPlan | undefined
  job: LiveJob | undefined
  canRender: boolean
  /** Whoever asked for a render may cancel it, and those who manage the team. */
  canCancel: boolean
  saveNow: () => void
  onStarted: (made: Job) => void
  /** A render was not taken; null: the next one is asked for. */
  onRefused: (error: unknown) => void
  onFirstProblem: () => void
  /** Where other parts of the page find the way to start one. */
  start: Ref<StartRender>
}) {
  const [wanted, setWanted] = useState<Options | null>(null)
  const started = useRef(false)
  const running = job && !isOver(job)
  const problems = snapshot.checked?.errors.length ?? 0
  const isSaved = snapshot.save.kind === 'saved'
  const isHeld = HELD.has(snapshot.save.kind)
  // A render is of what is saved, so that it waits for the save that is under way.
  useEffect(() => {
    if (!wanted || started.current) return
    // What somebody has to decide about first is told by the chip.
    if (isHeld) return setWanted(null)
    if (!isSaved) return saveNow()
    started.current = true
    renderProject(projectId, wanted, crypto.randomUUID())
      .then(onStarted)
      .catch(onRefused)
      .finally(() => {
        started.current = false
        setWanted(null)
      })
  }, [wanted, isSaved, isHeld, projectId, saveNow, onStarted, onRefused])

  const render = (options: Options): void => {
    onRefused(null)
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

  if (running) return <LiveBar job={job} canCancel={canCancel} />
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
function PlanLine({ plan }: { plan: RenderPlan }) {
  const { totals } = plan
  const lack = lackOf(plan)
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
      {lack ? (
        <span className={styles.warn}>
          {count(lack.needs, 'credit')}, the team has {lack.has}
        </span>
      ) : (
        `${count(totals.credits, 'credit')}, ${about(totals.seconds)}`
      )}
    </>
  )
}

function LiveBar({ job, canCancel }: { job: LiveJob; canCancel: boolean }) {
  const [asked, setAsked] = useState(false)
  const [canceling, setCanceling] = useState(false)
  const [fault, setFault] = useState<string>()
  const percent = percentOf(job)
  const cancel = (): void => {
    setAsked(false)
    setCanceling(true)
    setFault(undefined)
    ask((api, signal) =>
      api.POST('/v1/jobs/{id}/cancel', { params: { path: { id: job.id } }, signal }),
    ).catch((error) => {
      setCanceling(false)
      setFault(wordsOf(error))
    })
  }
  const scenes = scenesWords(job)
  const left = timeLeftWords(job)
  return (
    <div className={`${bar.bar} tabular`}>
      <span className={bar.stage}>{canceling ? 'Canceling' : stageWords(job)}</span>
      {scenes ? <span>{scenes}</span> : null}
      {fault ? (
        <span className={styles.bad}>{fault}</span>
      ) : left ? (
        <span className={bar.quiet}>{left}</span>
      ) : null}
      <span
        className={bar.track}
        role="progressbar"
        aria-label="Rendering"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={[stageWords(job), scenes, left].filter(Boolean).join(', ')}
      >
        <i style={{ width: `${job.progress.percent ?? 0}%` }} />
      </span>
      <Share jobId={job.id} />
      <Button
        disabled={!canCancel || canceling}
        title={canCancel ? undefined : 'Only who started it or an admin can cancel it.'}
        onClick={() => setAsked(true)}
      >
        Cancel
      </Button>
      <span className="sr-only" role="status">
        {milestoneWords(job)}
      </span>
      <Dialog
        open={asked}
        onClose={() => setAsked(false)}
        title="Cancel this render?"
        actions={
          <>
            <Button onClick={() => setAsked(false)}>Keep rendering</Button>
            <Button look="danger" onClick={cancel}>
              Cancel render
            </Button>
          </>
        }
      >
        {cancelWords(job)}
      </Dialog>
    </div>
  )
}

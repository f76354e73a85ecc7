/** How a render ended, and what to do now: play the film, go to what failed, try again. */
import { lazy, Suspense, useState } from 'react'
import type { RenderPlan } from '../../api/client.ts'
import { count } from '../../format.ts'
import type { LiveJob } from '../../live/progress.ts'
import { askForNotices, mayAskForNotices } from '../../live/tab.tsx'
import { endWords, sceneNumber } from '../../live/words.ts'
import { Button, IconButton } from '../../ui/controls.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Downloads } from '../film/downloads.tsx'
import { isFilm } from '../film/films.ts'
import bar from './render-bar.module.css'

const RenderLog = lazy(() => import('./render-log.tsx'))

/** `Try again: renders 1 scene, 7 credits`; the numbers follow when the plan is there. */
function tryAgainWords(plan: RenderPlan | undefined): string {
  if (!plan) return 'Try again'
  return `Try again: renders ${count(plan.totals.render, 'scene')}, ${count(plan.totals.credits, 'credit')}`
}

export function Outcome({
  job,
  plan,
  nameOf,
  canRender,
  onPlay,
  onOpenScene,
  onTryAgain,
  onDismiss,
}: {
  job: LiveJob
  /** Of the same render once more. */
  plan: RenderPlan | undefined
  nameOf: (userId: string) => string | null
  canRender: boolean
  onPlay: () => void
  onOpenScene: (sceneId: string) => void
  onTryAgain: () => void
  onDismiss: () => void
}) {
  const [mayAsk, setMayAsk] = useState(mayAskForNotices)
  const [isLogOpen, setLogOpen] = useState(false)
  const sceneId = job.error?.scene_id
  const number = sceneId === undefined ? null : sceneNumber(job, sceneId)
  return (
    <section className={bar.outcome} data-status={job.status} aria-label="The last render">
      <p role={job.status === 'failed' ? 'alert' : 'status'}>
        {job.status === 'canceled' ? null : <Icon name={job.status === 'failed' ? 'failed' : 'check'} />}
        {endWords(job, nameOf)}
      </p>
      {isFilm(job) ? (
        <>
          <Button icon="play" onClick={onPlay}>
            Play
          </Button>
          <Downloads film={job} />
          {mayAsk ? (
            <Button
              look="plain"
              onClick={() => {
                askForNotices().finally(() => setMayAsk(mayAskForNotices()))
              }}
            >
              Tell me when the next one ends
            </Button>
          ) : null}
        </>
      ) : null}
      {job.status === 'failed' && sceneId !== undefined ? (
        <Button onClick={() => onOpenScene(sceneId)}>Open scene {number ?? sceneId}</Button>
      ) : null}
      {job.status === 'failed' ? (
        <Button disabled={!canRender} onClick={onTryAgain}>
          {tryAgainWords(plan)}
        </Button>
      ) : null}
      {job.status === 'failed' ? <Button onClick={() => setLogOpen(true)}>Log</Button> : null}
      {isLogOpen ? (
        <Suspense>
          <RenderLog job={job} onClose={() => setLogOpen(false)} />
        </Suspense>
      ) : null}
      <IconButton icon="close" label="Take note" onClick={onDismiss} />
    </section>
  )
}

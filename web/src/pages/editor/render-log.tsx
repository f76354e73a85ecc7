/** The log of a render: what happened when, and what the engine said. Loaded when it is first opened. */
import { useEffect, useState } from 'react'
import { connection } from '../../live/connection.ts'
import { type LoggedEvent, logOf, logText } from '../../live/log.ts'
import type { LiveJob } from '../../live/progress.ts'
import { Button } from '../../ui/controls.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { copyText } from '../../ui/fault-details.tsx'
import styles from './render-log.module.css'

type Heard = LoggedEvent & { sequence: number }

/** The events of a job from the first one on; what of them the server no longer has is said. */
function useEvents(jobId: string): { events: readonly Heard[]; isGone: boolean } {
  const [events, setEvents] = useState<readonly Heard[]>([])
  const [isGone, setGone] = useState(false)
  useEffect(() => {
    let isWanted = true
    connection.replay(jobId, 0, (message) => {
      if (!isWanted) return
      if (message.type === 'error') setGone(true)
      else if (message.type === 'event') {
        const event = message as unknown as Heard
        setEvents((known) =>
          known.some(({ sequence }) => sequence === event.sequence)
            ? known
            : [...known, event].sort((a, b) => a.sequence - b.sequence),
        )
      }
    })
    return () => {
      isWanted = false
    }
  }, [jobId])
  return { events, isGone }
}

const timeOf = (at: string): string => new Date(at).toLocaleTimeString('en-GB')

export default function RenderLog({ job, onClose }: { job: LiveJob; onClose: () => void }) {
  const { events, isGone } = useEvents(job.id)
  // Who comes too late has the end at least, which is in the job.
  const ended: LoggedEvent[] =
    isGone && job.error
      ? [{ event_type: 'failed', created_at: job.updated_at, payload: { error: job.error } }]
      : []
  const lines = logOf(job, events.length > 0 ? events : ended)
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Log of this render"
      actions={
        <>
          <Button onClick={() => copyText(logText(job, lines))}>Copy</Button>
          <Button onClick={onClose}>Close</Button>
        </>
      }
    >
      {isGone ? <p>Its steps are no longer kept; this is how it ended.</p> : null}
      <ol className={`${styles.lines} tabular`} aria-busy={lines.length === 0}>
        {lines.map(({ at, words, isBad }) => (
          <li key={`${at} ${words}`} data-bad={isBad || undefined}>
            <time dateTime={at} title={at}>
              {timeOf(at)}
            </time>
            <span>{words}</span>
          </li>
        ))}
      </ol>
      <p className={styles.job}>
        Job <code>{job.id}</code>
        {job.engine ? `, engine ${job.engine}` : ''}
      </p>
    </Dialog>
  )
}

/** The newest render of a project, kept in step with its events: subscribe, read, then apply what came meanwhile. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import { jobQuery } from '../queries.ts'
import { connection, type Message } from './connection.ts'
import { lag } from './lag.ts'
import { type HeardEvent, isOver, type LiveJob, withEvent } from './progress.ts'
import { forget, note, remember, seen } from './seen.ts'
import { hasGap, withoutGap } from './sequence.ts'

/** The socket comes back on its own; after so many tries in vain the job is asked for as well. */
const FAILURES_BEFORE_ASKING = 3
const ASK_EVERY_MS = 5_000

/**
 * The job with this id, live. Undefined while it is read.
 * @param projectId whose channel tells of it
 */
export function useLiveJob(projectId: string, jobId: string | null): LiveJob | undefined {
  const queries = useQueryClient()
  const { failures } = useSyncExternalStore(connection.onLink, connection.link)
  const { data: job } = useQuery({
    ...jobQuery(jobId ?? ''),
    enabled: jobId !== null,
    refetchInterval: ({ state }) =>
      failures >= FAILURES_BEFORE_ASKING && !(state.data && isOver(state.data)) ? ASK_EVERY_MS : false,
  })
  /** Events that came before the job was read. */
  const early = useRef<HeardEvent[]>([])

  useEffect(() => {
    if (jobId === null) return
    const { queryKey } = jobQuery(jobId)
    const read = (): void => {
      queries.invalidateQueries({ queryKey })
    }
    const apply = (event: HeardEvent): void => {
      if (queries.getQueryData(queryKey))
        queries.setQueryData(queryKey, (known) => known && withEvent(known, event))
      else early.current.push(event)
    }
    const askAgain = (): void => {
      const known = seen(jobId)
      if (known) connection.replay(jobId, known.upTo, take)
    }
    function take(message: Message): void {
      if (jobId === null) return
      if (message.type === 'error') {
        // The events are not kept any more: what they led to is in the job.
        forget(jobId)
        read()
        return
      }
      if (message.type === 'lagged') {
        // Left out on purpose; the next report repairs it.
        lag.note()
        const known = seen(jobId)
        if (known) remember(jobId, withoutGap(known))
        return
      }
      if (message.type !== 'event' || message.job_id !== jobId) return
      const event = message as unknown as HeardEvent
      if (!note(jobId, event.sequence)) return
      apply(event)
      const known = seen(jobId)
      if (known && hasGap(known)) askAgain()
      // The film, and links to it, are in the job alone.
      if (
        event.event_type === 'completed' ||
        event.event_type === 'failed' ||
        event.event_type === 'canceled'
      )
        read()
    }
    return connection.listen(`project:${projectId}`, {
      onStand: () => {
        const known = queries.getQueryData(queryKey)
        if (known && isOver(known)) return
        read()
        askAgain()
      },
      onMessage: take,
    })
  }, [queries, projectId, jobId])

  useEffect(() => {
    if (!job) return
    const { queryKey } = jobQuery(job.id)
    for (const event of early.current.splice(0))
      queries.setQueryData(queryKey, (known) => known && withEvent(known, event))
  }, [queries, job])

  return useWithPicturesBefore(job)
}

/** A new render begins with the pictures of the one before, so that no card goes blank. */
function useWithPicturesBefore(job: LiveJob | undefined): LiveJob | undefined {
  const pictures = useRef<{ jobId: string; now: Previews; before: Previews }>({
    jobId: '',
    now: [],
    before: [],
  })
  return useMemo(() => {
    if (!job) return undefined
    const held = pictures.current
    if (held.jobId !== job.id)
      pictures.current = { jobId: job.id, now: [], before: [...held.before, ...held.now] }
    const { before } = pictures.current
    pictures.current.now = job.progress.previews ?? []
    return before.length > 0 ? { ...job, before } : job
  }, [job])
}

type Previews = NonNullable<LiveJob['before']>

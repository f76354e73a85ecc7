/** The newest render of a project, kept in step with its events. Everything moves forward only, so events may repeat. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Job } from '../api/client.ts'
import { jobQuery } from '../queries.ts'
import { connection } from './connection.ts'

const RANK: Record<Job['status'], number> = { queued: 0, processing: 1, completed: 2, failed: 2, canceled: 2 }

export const isOver = (job: Pick<Job, 'status'>): boolean => RANK[job.status] === 2

type Progress = Job['progress']

/** The later of two progress reports, field by field. */
export function laterProgress(a: Progress, b: Progress): Progress {
  const percent = Math.max(a.percent ?? 0, b.percent ?? 0)
  const isNewer = (b.percent ?? 0) >= (a.percent ?? 0)
  const previews = new Map((a.previews ?? []).map((preview) => [preview.scene_id, preview]))
  for (const preview of b.previews ?? []) {
    const known = previews.get(preview.scene_id)
    if (!known || known.generated_at <= preview.generated_at) previews.set(preview.scene_id, preview)
  }
  const scenes: Record<string, number> = { ...a.scenes }
  for (const [id, share] of Object.entries(b.scenes ?? {})) scenes[id] = Math.max(scenes[id] ?? 0, share)
  return {
    ...(isNewer ? { ...a, ...b } : { ...b, ...a }),
    percent,
    scenes,
    previews: [...previews.values()],
    scenes_completed: Math.max(a.scenes_completed ?? 0, b.scenes_completed ?? 0),
  }
}

/** The job with an event taken in. */
export function withEvent(job: Job, type: string, payload: Record<string, unknown>): Job {
  if (isOver(job)) return job
  if (type === 'started') return { ...job, status: 'processing' }
  if (type === 'progress')
    return { ...job, status: 'processing', progress: laterProgress(job.progress, payload as Progress) }
  if (type === 'scene_complete') {
    const { scene_id, previews, scenes_completed } = payload as {
      scene_id: string
      previews?: NonNullable<Progress['previews']>
      scenes_completed?: number
    }
    return {
      ...job,
      progress: laterProgress(job.progress, {
        ...(previews ? { previews } : {}),
        ...(scenes_completed === undefined ? {} : { scenes_completed }),
        scenes: { [scene_id]: 1 },
      }),
    }
  }
  return job
}

/**
 * The job with this id, live. Undefined while it is read.
 * @param projectId whose channel tells of it
 */
export function useLiveJob(projectId: string, jobId: string | null): Job | undefined {
  const queries = useQueryClient()
  const { data: job } = useQuery({
    ...jobQuery(jobId ?? ''),
    enabled: jobId !== null,
    // While the socket is away, the job is asked for instead.
    refetchInterval: (query) =>
      connection.link() === 'lost' && query.state.data && !isOver(query.state.data) ? 5_000 : false,
  })
  useEffect(() => {
    if (jobId === null) return
    const { queryKey } = jobQuery(jobId)
    return connection.listen(`project:${projectId}`, {
      onStand: () => {
        const known = queries.getQueryData(queryKey)
        if (!known || !isOver(known)) queries.invalidateQueries({ queryKey })
      },
      onMessage: (message) => {
        if (message.type !== 'event' || message.job_id !== jobId) return
        const { event_type: type, payload } = message as unknown as {
          event_type: string
          payload: Record<string, unknown>
        }
        if (type === 'completed' || type === 'failed' || type === 'canceled') {
          queries.invalidateQueries({ queryKey })
          return
        }
        queries.setQueryData(queryKey, (known) => known && withEvent(known, type, payload))
      },
    })
  }, [queries, projectId, jobId])
  return job
}

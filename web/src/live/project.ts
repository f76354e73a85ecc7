/** What the channel of a project says beside its jobs: who else is there, new renders, a colleague's change, the end of access. */
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useState } from 'react'
import type { Job } from '../api/client.ts'
import type { DocumentStore } from '../document/store.ts'
import { jobQuery, projectQuery } from '../queries.ts'
import { connection } from './connection.ts'

export type LiveProject = {
  /** Ids of the users who have it open. */
  users: readonly string[]
  /** A render that began since the project was read; null when there was none. */
  startedJob: string | null
  /** Why the project can no longer be followed; null while it can. */
  lost: 'FORBIDDEN' | 'NOT_FOUND' | null
}

const LOST: ReadonlySet<unknown> = new Set(['FORBIDDEN', 'NOT_FOUND'])

export function useLiveProject(projectId: string, store: DocumentStore): [LiveProject, (made: Job) => void] {
  const queries = useQueryClient()
  const [live, setLive] = useState<LiveProject>({ users: [], startedJob: null, lost: null })

  useEffect(
    () =>
      connection.listen(`project:${projectId}`, {
        onStand: () => {
          const { kind } = store.snapshot().save
          if (kind === 'offline' || kind === 'signed-out') store.saveNow()
          // Changes and renders of the meantime are told to nobody again.
          queries
            .fetchQuery({ ...projectQuery(projectId), staleTime: 0 })
            .then(({ project }) => {
              store.theirChange(project.spec_revision, null)
              const newest = project.latest_job?.id ?? null
              setLive((old) => ({ ...old, startedJob: newest ?? old.startedJob, lost: null }))
            })
            .catch(() => {})
        },
        onMessage: (message) => {
          if (message.type === 'spec_changed')
            store.theirChange(Number(message.revision), message.by === null ? null : String(message.by))
          else if (message.type === 'presence')
            setLive((old) => ({ ...old, users: message.users as string[] }))
          // A colleague's render is everybody's.
          else if (message.type === 'event' && message.event_type === 'queued')
            setLive((old) => ({ ...old, startedJob: String(message.job_id) }))
          else if (message.type === 'error' && LOST.has(message.code))
            setLive((old) => ({ ...old, lost: message.code as 'FORBIDDEN' | 'NOT_FOUND' }))
        },
      }),
    [projectId, queries, store],
  )
  const onStarted = useCallback(
    (made: Job) => {
      // What the server answered is the job: it need not be read for the bar to stand.
      queries.setQueryData(jobQuery(made.id).queryKey, made)
      setLive((old) => ({ ...old, startedJob: made.id }))
    },
    [queries],
  )
  return [live, onStarted]
}

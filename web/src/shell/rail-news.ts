/** What the rail says besides its names: my renders that run, and engines that are down. */
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { ask, type Engine, type Job } from '../api/client.ts'
import { connection } from '../live/connection.ts'
import { enginesQuery, teamsQuery } from '../queries.ts'
import { railWords } from './rail-words.ts'

const runningQuery = (owner: string) =>
  queryOptions({
    queryKey: ['jobs-of', owner, 'running'],
    queryFn: ({ signal }): Promise<Job[]> =>
      ask(
        (api, limit) =>
          api.GET('/v1/jobs', {
            params: { query: { owner, status: 'processing', limit: 100 } },
            signal: limit,
          }),
        signal,
      ),
  })

/** Steps of a render that change nothing of who runs. */
const STEPS = ['progress', 'scene_complete']

export function useRailNews(slug: string | undefined, userId: string | undefined) {
  const queries = useQueryClient()
  const { data: teams } = useQuery({ ...teamsQuery, enabled: slug !== undefined })
  const teamId = teams?.find((team) => team.slug === slug)?.id
  const owner = `framecast:team:${teamId}`
  const { data: jobs = [] } = useQuery({ ...runningQuery(owner), enabled: teamId !== undefined })
  const { data: engines = [] } = useQuery({ ...enginesQuery, enabled: userId !== undefined })

  useEffect(() => {
    if (teamId === undefined) return
    const { queryKey } = runningQuery(owner)
    const read = (): void => {
      queries.invalidateQueries({ queryKey })
    }
    return connection.listen(`team:${teamId}`, {
      onStand: read,
      onMessage: ({ type, event_type }) => {
        if (type === 'event' && !STEPS.includes(String(event_type))) read()
      },
    })
  }, [teamId, owner, queries])
  // The pages of engines live by this as well.
  useEffect(() => {
    if (userId === undefined) return
    const read = (): void => {
      queries.invalidateQueries(enginesQuery)
    }
    return connection.listen('engines', {
      onStand: read,
      onMessage: ({ type }) => {
        if (type === 'engine.health') read()
      },
    })
  }, [userId, queries])

  return railWords(
    jobs.filter((job) => job.triggered_by === userId).length,
    engines.filter(({ drain, health }: Engine) => !drain && health.state === 'down').map(({ name }) => name),
  )
}

/** What the studio has read of the server. */
import { QueryClient, queryOptions } from '@tanstack/react-query'
import {
  ApiError,
  type Asset,
  ask,
  askWithHeaders,
  type Engine,
  type Job,
  type Membership,
  type Project,
  type RenderPlan,
  type Team,
} from './api/client.ts'
import { type LiveJob, withRead } from './live/progress.ts'

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A refusal does not get better by asking again; a server that is away does, and too many requests after a while.
      retry: (count, error) =>
        count < 3 && (!(error instanceof ApiError) || error.status >= 500 || error.status === 429),
      retryDelay: (count, error) =>
        error instanceof ApiError && error.retryAfterS !== null
          ? error.retryAfterS * 1_000
          : Math.min(1_000 * 2 ** count, 10_000),
    },
  },
})

export const teamsQuery = queryOptions({
  queryKey: ['teams'],
  queryFn: ({ signal }): Promise<Team[]> =>
    ask((api, limit) => api.GET('/v1/teams', { params: { query: { limit: 100 } }, signal: limit }), signal),
})

export const projectsQuery = (teamId: string, includeArchived: boolean) =>
  queryOptions({
    queryKey: ['teams', teamId, 'projects', { includeArchived }],
    queryFn: ({ signal }): Promise<Project[]> =>
      ask(
        (api, limit) =>
          api.GET('/v1/teams/{id}/projects', {
            params: { path: { id: teamId }, query: { limit: 100, include_archived: includeArchived } },
            signal: limit,
          }),
        signal,
      ),
  })

/** Files that an owner has, ready to be used. */
export const assetsQuery = (owner: string) =>
  queryOptions({
    queryKey: ['assets', owner],
    queryFn: ({ signal }): Promise<Asset[]> =>
      ask(
        (api, limit) =>
          api.GET('/v1/assets', { params: { query: { owner, status: 'ready', limit: 100 } }, signal: limit }),
        signal,
      ),
  })

/** The servers that render, and how they do. */
export const enginesQuery = queryOptions({
  queryKey: ['engines'],
  queryFn: ({ signal }): Promise<Engine[]> =>
    ask((api, limit) => api.GET('/v1/engines', { signal: limit }), signal),
})

const LOOK_EVERY_MS = 5_000

/** The same with their work. Health is told as it changes; places are taken and left more often than that. */
export const enginesAtWorkQuery = queryOptions({
  queryKey: [...enginesQuery.queryKey, 'standing'],
  queryFn: ({ signal }): Promise<Engine[]> =>
    ask(
      (api, limit) => api.GET('/v1/engines', { params: { query: { include: 'standing' } }, signal: limit }),
      signal,
    ),
  refetchInterval: LOOK_EVERY_MS,
})

/** A project, and the revision of its storyboard as the server names it. */
export type HeldProject = { project: Project; etag: string }

export async function readProject(id: string, signal?: AbortSignal): Promise<HeldProject> {
  const { data, headers } = await askWithHeaders(
    (api, limit) => api.GET('/v1/projects/{id}', { params: { path: { id } }, signal: limit }),
    signal,
  )
  return { project: data, etag: headers.get('etag') ?? `"r${data.spec_revision}"` }
}

export const projectQuery = (id: string) =>
  queryOptions({
    queryKey: ['projects', id],
    queryFn: ({ signal }) => readProject(id, signal),
  })

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ['jobs', id],
    queryFn: ({ signal }): Promise<LiveJob> =>
      ask((api, limit) => api.GET('/v1/jobs/{id}', { params: { path: { id } }, signal: limit }), signal),
    // An answer may be older than an event that came while it was on its way.
    structuralSharing: (known, read) => withRead(known as LiveJob | undefined, read as LiveJob),
    // Links to media end after a while; a job that is read again has new ones.
    staleTime: 60_000,
  })

export const membersQuery = (teamId: string) =>
  queryOptions({
    queryKey: ['teams', teamId, 'members'],
    queryFn: ({ signal }): Promise<Membership[]> =>
      ask(
        (api, limit) =>
          api.GET('/v1/teams/{id}/members', {
            params: { path: { id: teamId }, query: { limit: 100 } },
            signal: limit,
          }),
        signal,
      ),
    staleTime: 60_000,
  })

/** What a render of a project would do as it is saved. A new revision or a new end of a render asks again. */
export const planQuery = (
  projectId: string,
  revision: number,
  lastJob: string | null,
  options: { engine?: string; resolution?: string } = {},
) =>
  queryOptions({
    queryKey: ['projects', projectId, 'plan', revision, lastJob, options],
    queryFn: ({ signal }): Promise<RenderPlan> =>
      ask(
        (api, limit) =>
          api.POST('/v1/projects/{id}/render-plan', {
            params: { path: { id: projectId } },
            body: { options },
            signal: limit,
          }),
        signal,
      ),
    staleTime: 30_000,
    // The line beside the button stays while the next one is reckoned.
    placeholderData: (before) => before,
  })

/** The newest renders of an owner, of all its projects. */
export const rendersQuery = (owner: string) =>
  queryOptions({
    queryKey: ['jobs-of', owner],
    queryFn: ({ signal }): Promise<Job[]> =>
      ask(
        (api, limit) => api.GET('/v1/jobs', { params: { query: { owner, limit: 100 } }, signal: limit }),
        signal,
      ),
  })

const MOST_FILMS = 20

/** The films of a project, newest first. */
export const filmsQuery = (projectId: string) =>
  queryOptions({
    queryKey: ['projects', projectId, 'films'],
    queryFn: ({ signal }): Promise<Job[]> =>
      ask(
        (api, limit) =>
          api.GET('/v1/jobs', {
            params: { query: { project_id: projectId, status: 'completed', limit: MOST_FILMS } },
            signal: limit,
          }),
        signal,
      ),
    staleTime: 60_000,
  })

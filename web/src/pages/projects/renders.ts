/** The renders of a team, told to its projects. Pure. */
import type { Job, Project } from '../../api/client.ts'
import { type Film, isFilm } from '../film/films.ts'

export type Renders = {
  /** Newest of any kind. */
  latest: Job | undefined
  /** Newest that became a film. */
  film: Film | undefined
  films: number
}

const NONE: Renders = { latest: undefined, film: undefined, films: 0 }

/** @param jobs newest first */
export function rendersOf(jobs: readonly Job[]): (projectId: string) => Renders {
  const known = new Map<string, Renders>()
  for (const job of jobs) {
    if (!job.project_id) continue
    const before = known.get(job.project_id) ?? NONE
    const film = isFilm(job) ? job : undefined
    known.set(job.project_id, {
      latest: before.latest ?? job,
      film: before.film ?? film,
      films: before.films + (film ? 1 : 0),
    })
  }
  return (projectId) => known.get(projectId) ?? NONE
}

type Scene = { id?: unknown; duration?: unknown }

const scenesOf = ({ spec }: Pick<Project, 'spec'>): readonly (Scene | null)[] =>
  Array.isArray(spec?.scenes) ? spec.scenes : []

/** How many scenes a project has, and how long they are together, whatever else is wrong with it. */
export function lengthOf(project: Pick<Project, 'spec'>): { scenes: number; seconds: number } {
  const scenes = scenesOf(project)
  return {
    scenes: scenes.length,
    seconds: scenes.reduce((sum, scene) => sum + (Number(scene?.duration) || 0), 0),
  }
}

/** Number of a scene as people count them; null when the storyboard has no such scene any more. */
export function sceneNumber(project: Pick<Project, 'spec'>, sceneId: string): number | null {
  const at = scenesOf(project).findIndex((scene) => scene?.id === sceneId)
  return at === -1 ? null : at + 1
}

/** `Salt copy`, `Salt copy 2`: a name that no other project has. */
export function copyName(name: string, taken: readonly string[]): string {
  for (let number = 1; ; number += 1) {
    const copy = `${name.slice(0, 190)} copy${number === 1 ? '' : ` ${number}`}`
    if (!taken.includes(copy)) return copy
  }
}

export type Status = 'rendering' | 'completed' | 'archived'

/** What the search and the filter leave. Archived ones are seen when they are asked for. */
export const matching = (
  projects: readonly Project[],
  { q = '', status }: { q?: string | undefined; status?: Status | undefined },
): Project[] =>
  projects.filter(
    (project) =>
      (status === undefined ? project.status !== 'archived' : project.status === status) &&
      project.name.toLowerCase().includes(q.trim().toLowerCase()),
  )

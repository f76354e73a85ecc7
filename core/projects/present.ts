/** Projects as the wire shows them. */
import type { JobStatus } from '../jobs/types.ts'
import { toIso } from '../platform/database.ts'
import type { Project } from './entities.ts'

/** The newest render of a project, in short. */
export type LatestJob = { id: string; status: JobStatus; created_at: Date; completed_at: Date | null }

/** The wire object, keys in the documented order, absent values as null. */
export function presentProject(project: Project): object {
  return {
    id: project.id,
    team_id: project.teamId,
    created_by: project.createdBy,
    name: project.name,
    status: project.status,
    spec: project.spec ?? null,
    spec_revision: project.specRevision,
    created_at: toIso(project.createdAt),
    updated_at: toIso(project.updatedAt),
  }
}

/** What a single read shows: the project, and its newest render. */
export function presentProjectWithJob(project: Project, latest: LatestJob | null): object {
  return {
    ...presentProject(project),
    latest_job: latest && {
      id: latest.id,
      status: latest.status,
      created_at: toIso(latest.created_at),
      completed_at: toIso(latest.completed_at),
    },
  }
}

/** The strong ETag of a project's storyboard. */
export const specTag = ({ specRevision }: Pick<Project, 'specRevision'>): string => `"r${specRevision}"`

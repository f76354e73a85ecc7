/**
 * Every change of a project's status: one guarded UPDATE each, in the caller's transaction. False: the status did not
 * allow it.
 *
 * A project follows its job, in the transaction that moves the job. Whoever needs both rows takes the job's first and the
 * project's second; what touches a project alone (archive, delete, a new storyboard) never takes a job's row while it
 * holds the project's, except for finished jobs, which nothing moves any more. So the two never wait for each other in
 * a ring.
 */
import type { Queryable } from '../platform/database.ts'
import type { ProjectStatus } from './entities.ts'

async function move(
  client: Queryable,
  projectId: string,
  from: readonly ProjectStatus[],
  to: ProjectStatus,
): Promise<boolean> {
  const { rowCount } = await client.query(
    'update projects set status = $3 where id = $1 and status = any($2)',
    [projectId, from, to],
  )
  return rowCount === 1
}

/** draft, completed -> rendering: its job has been made, in the same transaction. */
export const beginRendering = (client: Queryable, projectId: string): Promise<boolean> =>
  move(client, projectId, ['draft', 'completed'], 'rendering')

/** rendering -> completed, or back to draft when the job failed or was canceled. A job without a project moves nothing. */
export async function endRendering(
  client: Queryable,
  projectId: string | null,
  to: 'completed' | 'draft',
): Promise<void> {
  if (projectId !== null) await move(client, projectId, ['rendering'], to)
}

/** draft, completed -> archived */
export const archiveProject = (client: Queryable, projectId: string): Promise<boolean> =>
  move(client, projectId, ['draft', 'completed'], 'archived')

/** archived -> draft: an earlier completion is forgotten. */
export const unarchiveProject = (client: Queryable, projectId: string): Promise<boolean> =>
  move(client, projectId, ['archived'], 'draft')

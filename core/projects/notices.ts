/** What servers tell each other about projects, by NOTIFY: nothing of it is stored. */
import type { Queryable } from '../platform/database.ts'

export const SPEC_CHANNEL = 'project_specs'
export const PRESENCE_CHANNEL = 'project_presence'

export type SpecNotice = { project: string; revision: number; by: string }

/** Says that a project has a new storyboard, in the transaction that stores it: listeners hear of it with the commit. */
export async function announceSpec(client: Queryable, notice: SpecNotice): Promise<void> {
  await client.query('select pg_notify($1, $2)', [SPEC_CHANNEL, JSON.stringify(notice)])
}

export type PresenceNotice = {
  project: string
  /** Id of the server that speaks. */
  server: string
  /** Who looks on there. */
  users: readonly string[]
  /** Whether the others are to say who looks on with them. */
  ask: boolean
}

export async function announcePresence(db: Queryable, notice: PresenceNotice): Promise<void> {
  await db.query('select pg_notify($1, $2)', [PRESENCE_CHANNEL, JSON.stringify(notice)])
}

/** The storyboards' revisions of some projects; those that are gone are left out. */
export async function specRevisions(
  db: Queryable,
  projectIds: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await db.query<{ id: string; spec_revision: number }>(
    'select id, spec_revision from projects where id = any($1::uuid[])',
    [projectIds],
  )
  return new Map(rows.map((row) => [row.id, row.spec_revision]))
}

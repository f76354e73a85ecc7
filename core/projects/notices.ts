/** What servers tell each other about projects, by NOTIFY: with the commit, and to nobody who is not listening. */
import type { Queryable } from '../platform/database.ts'

export const PROJECTS_CHANNEL = 'project_changes'

export type SpecChange = { id: string; revision: number; by: string }

/** Says that a project has a new storyboard, in the transaction that stores it. */
export async function announceSpecChange(client: Queryable, change: SpecChange): Promise<void> {
  await client.query('select pg_notify($1, $2)', [PROJECTS_CHANNEL, JSON.stringify(change)])
}

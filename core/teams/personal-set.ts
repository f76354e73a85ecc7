/** What somebody who becomes a creator begins with: a team of the own, and a project to try. */
import type { Queryable } from '../platform/database.ts'
import { newId } from '../platform/ids.ts'
import { WELCOME_STORYBOARD } from '../storyboard/welcome.ts'
import { insertMembership } from './memberships.ts'
import { insertTeam } from './new-team.ts'

const TEAM_NAME = 'My Team'
const PROJECT_NAME = 'Welcome to Framecast'

/**
 * Makes the personal set of a user whose tier is creator already.
 * @param client of the transaction that makes the user a creator; it has to see every row (`widen`)
 */
export async function createPersonalSet(
  client: Queryable,
  userId: string,
): Promise<{ teamId: string; projectId: string }> {
  const teamId = await insertTeam(client, TEAM_NAME)
  await insertMembership(client, { teamId, userId, role: 'owner' })
  const projectId = newId()
  await client.query(
    'insert into projects (id, team_id, created_by, name, spec) values ($1, $2, $3, $4, $5::jsonb)',
    [projectId, teamId, userId, PROJECT_NAME, JSON.stringify(WELCOME_STORYBOARD)],
  )
  return { teamId, projectId }
}

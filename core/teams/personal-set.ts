/** What somebody who becomes a creator begins with: a team of the own, and a project to try. */
import type { Queryable } from '../platform/database.ts'
import { newId } from '../platform/ids.ts'
import { WELCOME_STORYBOARD } from '../storyboard/welcome.ts'
import { slugFor } from './slug.ts'

const TEAM_NAME = 'My Team'
const PROJECT_NAME = 'Welcome to Framecast'
/** Everybody's first team has the same name, so now and then two draw the same eight digits. */
const SLUG_TRIES = 5

async function insertTeam(client: Queryable): Promise<string> {
  for (let round = 1; round <= SLUG_TRIES; round += 1) {
    const { rows } = await client.query<{ id: string }>(
      'insert into teams (id, name, slug) values ($1, $2, $3) on conflict (slug) do nothing returning id',
      [newId(), TEAM_NAME, slugFor(TEAM_NAME)],
    )
    if (rows[0]) return rows[0].id
  }
  throw new Error(`no free slug for ${TEAM_NAME} in ${SLUG_TRIES} tries`)
}

/**
 * Makes the personal set of a user whose tier is creator already.
 * @param client of the transaction that makes the user a creator; it has to see every row (`widen`)
 */
export async function createPersonalSet(
  client: Queryable,
  userId: string,
): Promise<{ teamId: string; projectId: string }> {
  const teamId = await insertTeam(client)
  await client.query(`insert into memberships (id, team_id, user_id, role) values ($1, $2, $3, 'owner')`, [
    newId(),
    teamId,
    userId,
  ])
  const projectId = newId()
  await client.query(
    'insert into projects (id, team_id, created_by, name, spec) values ($1, $2, $3, $4, $5::jsonb)',
    [projectId, teamId, userId, PROJECT_NAME, JSON.stringify(WELCOME_STORYBOARD)],
  )
  return { teamId, projectId }
}

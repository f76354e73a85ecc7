/** People who go: what ends at once, what history keeps without their name, and what is purged later. */
import type { PoolClient } from 'pg'
import { userUrn } from '../access/owner.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { reachOf } from '../access/reach.ts'
import { audit } from '../audit/audit.ts'
import { forfeit } from '../jobs/credits.ts'
import { cancelJob } from '../jobs/transitions.ts'
import type { Database, Queryable } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { transactionAs, widen } from '../platform/reach.ts'

/** A team must have an owner, and nothing of a team goes without somebody asking for just that. */
async function requireNoTeamLeftBehind(client: Queryable, userId: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select t.name from memberships m join teams t on t.id = m.team_id
     where m.user_id = $1 and m.role = 'owner' and not exists (
       select 1 from memberships o where o.team_id = m.team_id and o.role = 'owner' and o.user_id <> $1)
     order by t.name limit 10`,
    [userId],
  )
  if (rows.length === 0) return
  const names = rows.map(({ name }) => JSON.stringify(name)).join(', ')
  throw new Problem(
    'CONFLICT',
    `you are the only owner of ${names}: make somebody else an owner there, or delete the team, first`,
  )
}

async function cancelPersonalJobs(client: PoolClient, userId: string): Promise<number> {
  const { rows } = await client.query<{ id: string }>(
    `select id from jobs where owner = $1 and status in ('queued', 'processing') order by id for update`,
    [userUrn(userId)],
  )
  for (const { id } of rows) await cancelJob(client, id, userId)
  return rows.length
}

/**
 * Deletes an account. In a transaction that sees every row.
 * @param actorId who does it; null for an operator at the command line
 * @throws {Problem} CONFLICT while the person is the only owner of a team
 */
export async function deleteAccountRows(
  client: PoolClient,
  userId: string,
  actorId: string | null,
): Promise<{ jobsCanceled: number }> {
  // Held from here on: nobody can start a render, make a key or join a team as this person any more.
  await client.query('select 1 from users where id = $1 for update', [userId])
  await requireNoTeamLeftBehind(client, userId)
  const jobsCanceled = await cancelPersonalJobs(client, userId)
  await client.query(
    'insert into deleted_accounts (owner) values ($1) on conflict (owner) do update set deleted_at = now()',
    [userUrn(userId)],
  )
  await audit(client, {
    action: 'user.deleted',
    subjectType: 'user',
    subjectId: userId,
    teamId: null,
    actorId,
    ...(actorId === null ? { actorKind: 'operator' as const } : {}),
    details: { jobs_canceled: jobsCanceled },
  })
  await forfeit(client, userUrn(userId), 'account deleted')
  await client.query('delete from users where id = $1', [userId])
  return { jobsCanceled }
}

/**
 * Deletes the caller's account. Credentials, sessions, keys and memberships go with the row, history names the stand-in
 * for deleted users, and personal rows wait for `purge`.
 * @throws {Problem} CONFLICT while the caller is the only owner of a team
 */
export async function deleteAccount(
  { db }: { db: Pick<Database, 'pool'> },
  principal: UserPrincipal,
): Promise<void> {
  const { userId } = principal
  await transactionAs(db.pool, reachOf(principal), async (client) => {
    await widen(client)
    await deleteAccountRows(client, userId, userId)
  })
}

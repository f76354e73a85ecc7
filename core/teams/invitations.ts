/**
 * Invitations as the invited person sees them: what waits, and the answer. Everything happens under the team's lock, so
 * that an answer and a revocation at the same time follow each other, and the later one finds that it is too late.
 */
import type { Invitation, Membership, ReceivedInvitation } from '../../schemas/types.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { SYSTEM } from '../access/reach.ts'
import { upgradeToCreator } from '../accounts/upgrade.ts'
import { audit } from '../audit/audit.ts'
import { type Database, type Queryable, toIso } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { cutSqlPage, type Page, type PageKey, pageSql, type SqlSort } from '../platform/page.ts'
import { queryableAs, transactionAs } from '../platform/reach.ts'
import { MAX_MEMBERSHIPS } from './limits.ts'
import { lockMembershipsOf, lockTeam } from './locks.ts'
import { insertMembership, readMembership } from './memberships.ts'

export const INVITATION_STATES = ['pending', 'accepted', 'declined', 'expired', 'revoked'] as const
export type InvitationState = (typeof INVITATION_STATES)[number]
export type InvitationRow = Omit<Invitation, 'created_at' | 'expires_at' | 'accept_url'> & {
  created_at: Date
  expires_at: Date
}

/** The state of an invitation, derived from what has happened to it. */
export const STATE = `case
  when i.accepted_at is not null then 'accepted' when i.declined_at is not null then 'declined'
  when i.revoked_at is not null then 'revoked' when i.expires_at <= now() then 'expired' else 'pending' end`

/** Columns of the wire object, of `invitations i`. */
export const INVITATION_COLUMNS = `i.id, i.team_id, i.email::text as email, i.role, ${STATE} as state, i.invited_by,
  i.expires_at, i.created_at`

export const NEWEST_INVITATIONS: SqlSort = {
  direction: 'desc',
  columns: [
    ['i.created_at', 'timestamptz'],
    ['i.id', 'uuid'],
  ],
}

export const presentInvitation = (row: InvitationRow): Invitation => ({
  id: row.id,
  team_id: row.team_id,
  email: row.email,
  role: row.role,
  state: row.state,
  invited_by: row.invited_by,
  expires_at: toIso(row.expires_at) as string,
  created_at: toIso(row.created_at) as string,
})

/** An invitation that can be answered, or the reason why it cannot. */
export function requirePending(state: InvitationState): void {
  if (state === 'pending') return
  const why = state === 'expired' ? 'has expired' : `was ${state}`
  throw new Problem('CONFLICT', `the invitation ${why}`)
}

/** Who answers; the address decides which invitations are theirs. */
export type Invitee = { userId: string; email: string }

/** How an invitation is named: by those who are logged in, or by the link in a mail. */
export type InvitationName = { id: string } | { token: string }

/** The invitation and its team, held; refused unless it waits for an answer of this person. */
async function lockForAnswer(
  client: Queryable,
  name: InvitationName,
  { email }: Invitee,
): Promise<InvitationRow & { team_name: string }> {
  const [column, value] = 'id' in name ? ['id', name.id] : ['token', name.token]
  const unknown = new Problem('NOT_FOUND', 'no such invitation')
  const found = await client.query<{ id: string; team_id: string }>(
    `select id, team_id from invitations where ${column} = $1`,
    [value],
  )
  const { id, team_id: teamId } = found.rows[0] ?? {}
  const team = teamId && (await lockTeam(client, teamId))
  if (!team) throw unknown
  const { rows } = await client.query<InvitationRow & { is_theirs: boolean }>(
    `select ${INVITATION_COLUMNS}, i.email = $2::text::citext as is_theirs from invitations i where i.id = $1 for update`,
    [id, email],
  )
  const row = rows[0]
  if (!row) throw unknown
  if (!row.is_theirs) throw new Problem('AUTHORIZATION_ERROR', 'this invitation is for another address')
  requirePending(row.state)
  return { ...row, team_name: team.name }
}

/**
 * Accepts an invitation: the membership, and for a starter the step to creator with the personal set. In the caller's
 * transaction, which has to see every row; it may be the one that makes the user.
 * @returns id of the new membership
 * @throws {Problem} NOT_FOUND, AUTHORIZATION_ERROR for another address, CONFLICT
 */
export async function acceptInvitation(
  client: Queryable,
  name: InvitationName,
  invitee: Invitee,
): Promise<{ membershipId: string; teamId: string }> {
  const { userId } = invitee
  const { id, team_id: teamId, role } = await lockForAnswer(client, name, invitee)
  const { count } = await lockMembershipsOf(client, userId)
  const present = await client.query('select 1 from memberships where team_id = $1 and user_id = $2', [
    teamId,
    userId,
  ])
  if (present.rowCount !== 0) throw new Problem('CONFLICT', 'you are a member of this team already')
  if (count >= MAX_MEMBERSHIPS)
    throw new Problem('CONFLICT', `you belong to ${MAX_MEMBERSHIPS} teams already; leave one first`)
  await upgradeToCreator(client, userId)
  const membershipId = await insertMembership(client, { teamId, userId, role })
  // This transaction may have begun a moment before the invitation was made.
  await client.query('update invitations set accepted_at = greatest(now(), created_at) where id = $1', [id])
  await audit(client, {
    action: 'invitation.accepted',
    subjectType: 'invitation',
    subjectId: id,
    teamId,
    actorId: userId,
    details: { role, membership_id: membershipId },
  })
  return { membershipId, teamId }
}

export type InvitationPage = { invitations: ReceivedInvitation[]; next: PageKey | null }

export type InvitationService = ReturnType<typeof createInvitationService>

export function createInvitationService({ db }: { db: Database }) {
  return {
    /** Invitations that wait for the caller, newest first. */
    async list(principal: UserPrincipal, page: Page): Promise<InvitationPage> {
      const { key, after, rest, values } = pageSql(NEWEST_INVITATIONS, page, [principal.email])
      // Of their teams, people who are invited see the name and nothing else.
      const { rows } = await queryableAs(db.pool, SYSTEM).query<
        InvitationRow & { team_name: string; page_key: PageKey }
      >(
        `select ${INVITATION_COLUMNS}, t.name as team_name, ${key}
         from invitations i join teams t on t.id = i.team_id
         where i.email = $1::text::citext and ${STATE} = 'pending' and ${after} ${rest}`,
        values,
      )
      const { rows: kept, next } = cutSqlPage(rows, page)
      return {
        invitations: kept.map((row) => ({ ...presentInvitation(row), team_name: row.team_name })),
        next,
      }
    },

    /** @returns the new membership */
    accept(principal: UserPrincipal, id: string): Promise<Membership> {
      // The team is out of reach until the address has been compared, and the personal set until it is made.
      return transactionAs(db.pool, SYSTEM, async (client) => {
        const { membershipId } = await acceptInvitation(client, { id }, principal)
        return readMembership(client, membershipId)
      })
    },

    async decline(principal: UserPrincipal, id: string): Promise<void> {
      await transactionAs(db.pool, SYSTEM, async (client) => {
        const { team_id: teamId } = await lockForAnswer(client, { id }, principal)
        await client.query('update invitations set declined_at = now() where id = $1', [id])
        await audit(client, {
          action: 'invitation.declined',
          subjectType: 'invitation',
          subjectId: id,
          teamId,
          actorId: principal.userId,
        })
      })
    },
  }
}

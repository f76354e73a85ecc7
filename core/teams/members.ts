/** Members of a team: who is in it, as what, and how they go. */
import type { Membership } from '../../schemas/types.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { reachOf } from '../access/reach.ts'
import { requireTeamAction, type TeamRole } from '../access/roles.ts'
import { revokeTeamKeys } from '../accounts/keys.ts'
import { audit } from '../audit/audit.ts'
import type { Database, Queryable } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { cutSqlPage, type Page, type PageKey, pageSql, type SqlSort } from '../platform/page.ts'
import { queryableAs, transactionAs, widen } from '../platform/reach.ts'
import { deleteTeam } from './delete-team.ts'
import { MAX_OWNED_TEAMS } from './limits.ts'
import { lockMembers, lockMembershipsOf, lockTeam, type Member } from './locks.ts'
import { checkLeave, checkRemoval, checkRoleChange } from './member-rules.ts'
import { MEMBERSHIP_COLUMNS, type MembershipRow, presentMembership, readMembership } from './memberships.ts'

export type MemberPage = { members: Membership[]; next: PageKey | null }

/** By rank, then by name; whoever has no name comes last. */
const BY_RANK: SqlSort = {
  direction: 'asc',
  columns: [
    [`array_position(array['owner', 'admin', 'member', 'viewer'], m.role)`, 'integer'],
    ['(u.name is null)::integer', 'integer'],
    [`coalesce(u.name, '')`, 'text'],
    ['m.id', 'uuid'],
  ],
}

export type MemberService = ReturnType<typeof createMemberService>

export function createMemberService({ db }: { db: Database }) {
  /**
   * Runs a change of a team's members: holds the team and all of its memberships, then lets the change decide by what
   * they are now.
   */
  function changing<T>(
    principal: UserPrincipal,
    teamId: string,
    work: (client: Queryable, members: Member[]) => Promise<T>,
  ): Promise<T> {
    return transactionAs(db.pool, reachOf(principal), async (client) => {
      await widen(client)
      await lockTeam(client, teamId)
      return work(client, await lockMembers(client, teamId))
    })
  }

  /** Ends a membership, and with it the keys that belonged to it. */
  async function endMembership(
    client: Queryable,
    teamId: string,
    { id, userId, role }: Member,
    { action, actorId }: { action: 'member.removed' | 'member.left'; actorId: string },
  ): Promise<void> {
    await client.query('delete from memberships where id = $1', [id])
    const keys = await revokeTeamKeys(client, userId, teamId)
    await audit(client, {
      action,
      subjectType: 'membership',
      subjectId: id,
      teamId,
      actorId,
      details: { user_id: userId, role, revoked_keys: keys },
    })
  }

  return {
    async list(principal: UserPrincipal, teamId: string, page: Page): Promise<MemberPage> {
      requireTeamAction(principal, teamId, 'team.view')
      const { key, after, rest, values } = pageSql(BY_RANK, page, [teamId])
      const { rows } = await queryableAs(db.pool, reachOf(principal)).query<
        MembershipRow & { page_key: PageKey }
      >(
        `select ${MEMBERSHIP_COLUMNS}, ${key} from memberships m join users u on u.id = m.user_id
         where m.team_id = $1 and ${after} ${rest}`,
        values,
      )
      const { rows: kept, next } = cutSqlPage(rows, page)
      return { members: kept.map(presentMembership), next }
    },

    /** Changes a member's role. */
    async changeRole(
      principal: UserPrincipal,
      teamId: string,
      userId: string,
      role: TeamRole,
    ): Promise<Membership> {
      requireTeamAction(principal, teamId, 'members.manage')
      return changing(principal, teamId, async (client, members) => {
        const member = checkRoleChange(members, { callerId: principal.userId, targetId: userId, role })
        if (member.role !== role) {
          const { owned } = await lockMembershipsOf(client, userId)
          if (role === 'owner' && owned >= MAX_OWNED_TEAMS)
            throw new Problem('CONFLICT', `this person owns ${MAX_OWNED_TEAMS} teams already`)
          await client.query('update memberships set role = $2 where id = $1', [member.id, role])
          await audit(client, {
            action: 'member.role_changed',
            subjectType: 'membership',
            subjectId: member.id,
            teamId,
            actorId: principal.userId,
            details: { user_id: userId, from: member.role, to: role },
          })
        }
        return readMembership(client, member.id)
      })
    },

    /** Removes a member other than the caller. */
    async remove(principal: UserPrincipal, teamId: string, userId: string): Promise<void> {
      requireTeamAction(principal, teamId, 'members.manage')
      await changing(principal, teamId, async (client, members) => {
        const member = checkRemoval(members, { callerId: principal.userId, targetId: userId })
        const { count } = await lockMembershipsOf(client, userId)
        if (count === 1)
          throw new Problem('CONFLICT', 'this is the only team of this person, who has to have one')
        await endMembership(client, teamId, member, {
          action: 'member.removed',
          actorId: principal.userId,
        })
      })
    },

    /** The caller goes; a team that was left by everybody is deleted. */
    async leave(principal: UserPrincipal, teamId: string): Promise<void> {
      await changing(principal, teamId, async (client, members) => {
        const { membership, isLast } = checkLeave(members, principal.userId)
        const { count } = await lockMembershipsOf(client, principal.userId)
        if (count === 1)
          throw new Problem('CONFLICT', 'this is your only team; make or join another one first')
        if (isLast) await deleteTeam(client, teamId, principal.userId)
        else
          await endMembership(client, teamId, membership, {
            action: 'member.left',
            actorId: principal.userId,
          })
      })
    },
  }
}

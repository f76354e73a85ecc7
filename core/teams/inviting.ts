/** Invitations as a team sees them: sent, listed, revoked, sent again. */
import type { Invitation } from '../../schemas/types.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { reachOf } from '../access/reach.ts'
import { requireTeamAction } from '../access/roles.ts'
import { isEmail } from '../accounts/email.ts'
import { audit } from '../audit/audit.ts'
import type { Config } from '../platform/config.ts'
import type { Database, Queryable } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { newId } from '../platform/ids.ts'
import type { Logger } from '../platform/log.ts'
import { cutSqlPage, type Page, type PageKey, pageSql } from '../platform/page.ts'
import { queryableAs, transactionAs } from '../platform/reach.ts'
import { newToken } from '../platform/signing.ts'
import { acceptUrl } from './invitation-mail.ts'
import {
  INVITATION_COLUMNS,
  type InvitationRow,
  type InvitationState,
  NEWEST_INVITATIONS,
  presentInvitation,
  requirePending,
  STATE,
} from './invitations.ts'
import { MAX_INVITATIONS_PER_DAY, MAX_PENDING_INVITATIONS } from './limits.ts'
import { lockTeam } from './locks.ts'

export type InvitationRequest = Pick<Invitation, 'email' | 'role'>
export type TeamInvitationPage = { invitations: Invitation[]; next: PageKey | null }

type SecretRow = InvitationRow & { token: string }

const COLUMNS = `${INVITATION_COLUMNS}, i.token`
const DAY_S = 86_400
/** What an address holds only in quotes, if at all: no mail server takes it as it is. */
const UNMAILABLE = /[<>()[\]\\,;:"\p{Cc}]/u

export type InvitingService = ReturnType<typeof createInvitingService>

export function createInvitingService({
  db,
  config,
  log,
}: {
  db: Database
  config: Pick<Config, 'APP_BASE_URL' | 'RATE_LIMITS' | 'SMTP_URL'>
  log: Logger
}) {
  const hasMail = config.SMTP_URL !== ''

  /** Without a mail server, whoever administers the team passes the link on by hand. */
  function present(row: SecretRow): Invitation {
    const link = { id: row.id, teamId: row.team_id, token: row.token }
    return {
      ...presentInvitation(row),
      ...(hasMail || row.state !== 'pending' ? {} : { accept_url: acceptUrl(config.APP_BASE_URL, link) }),
    }
  }

  /** Runs a change of a team's invitations, by somebody who may make it, with the team held. */
  function changing<T>(
    principal: UserPrincipal,
    teamId: string,
    work: (client: Queryable) => Promise<T>,
  ): Promise<T> {
    requireTeamAction(principal, teamId, 'invitations.manage')
    return transactionAs(db.pool, reachOf(principal), async (client) => {
      if (!(await lockTeam(client, teamId)))
        throw new Problem('AUTHORIZATION_ERROR', 'you are not a member of this team')
      return work(client)
    })
  }

  async function lockPending(client: Queryable, teamId: string, id: string): Promise<SecretRow> {
    const { rows } = await client.query<SecretRow>(
      `select ${COLUMNS} from invitations i where i.id = $1 and i.team_id = $2 for update`,
      [id, teamId],
    )
    if (!rows[0]) throw new Problem('NOT_FOUND', 'no such invitation in this team')
    requirePending(rows[0].state)
    return rows[0]
  }

  /** Counts one message against the team's day; what is refused is not counted. */
  async function countMessage(client: Queryable, teamId: string): Promise<void> {
    if (config.RATE_LIMITS === 'off') return
    const { rows } = await client.query<{ used: number; wait_s: number }>(
      `select used, ceil(extract(epoch from ends_at - now()))::integer as wait_s from take_rate($1, $2)`,
      [`day:invitations:${teamId}`, DAY_S],
    )
    const { used, wait_s: waitS } = rows[0]!
    if (used > MAX_INVITATIONS_PER_DAY)
      throw new Problem(
        'RATE_LIMIT_EXCEEDED',
        `a team sends ${MAX_INVITATIONS_PER_DAY} invitations a day; retry after ${waitS} seconds`,
        { retryAfterS: waitS },
      )
  }

  /** With the commit: a worker sends the mail, so that no mail server holds anybody up. */
  async function send(client: Queryable, { id }: InvitationRow): Promise<void> {
    if (hasMail) await client.query('select enqueue_invitation_mail($1)', [id])
  }

  /** After the commit: without a mail server the link is in the log too, for whoever runs the studio. */
  function noted(invitation: Invitation): Invitation {
    const { id, team_id, accept_url } = invitation
    if (accept_url)
      log.info({ invitation_id: id, team_id, accept_url }, 'no mail server: pass the invitation on by hand')
    return invitation
  }

  const record = (
    client: Queryable,
    action: `invitation.${string}`,
    { id, team_id: teamId, email, role }: InvitationRow,
    { userId: actorId }: UserPrincipal,
  ): Promise<void> =>
    audit(client, {
      action,
      subjectType: 'invitation',
      subjectId: id,
      teamId,
      actorId,
      details: { email, role },
    })

  async function requireNotMember(client: Queryable, teamId: string, email: string): Promise<void> {
    const { rowCount } = await client.query(
      `select 1 from memberships m join users u on u.id = m.user_id where m.team_id = $1 and u.email = $2::text::citext`,
      [teamId, email],
    )
    if (rowCount !== 0) throw new Problem('CONFLICT', 'this person is a member of the team already')
  }

  /** An older invitation that waits for the same address makes room for a new one. */
  async function revokeEarlier(client: Queryable, teamId: string, email: string): Promise<void> {
    await client.query(
      `update invitations i set revoked_at = now()
       where i.team_id = $1 and i.email = $2::text::citext and ${STATE} = 'pending'`,
      [teamId, email],
    )
  }

  async function requireRoom(client: Queryable, teamId: string): Promise<void> {
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::integer as count from invitations i where i.team_id = $1 and ${STATE} = 'pending'`,
      [teamId],
    )
    if (rows[0]!.count >= MAX_PENDING_INVITATIONS)
      throw new Problem('CONFLICT', `${MAX_PENDING_INVITATIONS} invitations wait already; revoke one first`)
  }

  return {
    /** A team's invitations, newest first. */
    async list(
      principal: UserPrincipal,
      teamId: string,
      state: InvitationState | undefined,
      page: Page,
    ): Promise<TeamInvitationPage> {
      requireTeamAction(principal, teamId, 'invitations.manage')
      const { key, after, rest, values } = pageSql(NEWEST_INVITATIONS, page, [teamId, state ?? null])
      const { rows } = await queryableAs(db.pool, reachOf(principal)).query<
        SecretRow & { page_key: PageKey }
      >(
        `select ${COLUMNS}, ${key} from invitations i
         where i.team_id = $1 and ($2::text is null or ${STATE} = $2) and ${after} ${rest}`,
        values,
      )
      const { rows: kept, next } = cutSqlPage(rows, page)
      return { invitations: kept.map(present), next }
    },

    /** Invites an address. An older invitation that waits for it is revoked. */
    async create(principal: UserPrincipal, teamId: string, request: InvitationRequest): Promise<Invitation> {
      const { email, role } = request
      if (!isEmail(email) || UNMAILABLE.test(email))
        throw new Problem('VALIDATION_ERROR', 'email must be an address such as ada@studio.example')
      if (email.toLowerCase() === principal.email.toLowerCase())
        throw new Problem('VALIDATION_ERROR', 'email is your own; nobody invites themselves')
      const row = await changing(principal, teamId, async (client) => {
        await requireNotMember(client, teamId, email)
        await revokeEarlier(client, teamId, email)
        await requireRoom(client, teamId)
        await countMessage(client, teamId)
        const { rows } = await client.query<SecretRow>(
          `insert into invitations as i (id, team_id, invited_by, email, role, token) values ($1, $2, $3, $4, $5, $6)
           returning ${COLUMNS}`,
          [newId(), teamId, principal.userId, email, role, newToken()],
        )
        await send(client, rows[0]!)
        await record(client, 'invitation.created', rows[0]!, principal)
        return rows[0]!
      })
      return noted(present(row))
    },

    async revoke(principal: UserPrincipal, teamId: string, id: string): Promise<void> {
      await changing(principal, teamId, async (client) => {
        const row = await lockPending(client, teamId, id)
        await client.query('update invitations set revoked_at = now() where id = $1', [id])
        await record(client, 'invitation.revoked', row, principal)
      })
    },

    /** Sends the mail once more; the invitation is good for another seven days. */
    async resend(principal: UserPrincipal, teamId: string, id: string): Promise<Invitation> {
      const row = await changing(principal, teamId, async (client) => {
        await lockPending(client, teamId, id)
        await countMessage(client, teamId)
        const { rows } = await client.query<SecretRow>(
          `update invitations i set expires_at = now() + interval '7 days' where i.id = $1 returning ${COLUMNS}`,
          [id],
        )
        await send(client, rows[0]!)
        await record(client, 'invitation.resent', rows[0]!, principal)
        return rows[0]!
      })
      return noted(present(row))
    },
  }
}

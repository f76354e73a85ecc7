/** Teams: made, read, changed, deleted. */
import type { Team } from '../../schemas/types.ts'
import { formatOwner } from '../access/owner.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { reachOf, SYSTEM } from '../access/reach.ts'
import { requireTeamAction, type TeamAction, type TeamRole } from '../access/roles.ts'
import { audit } from '../audit/audit.ts'
import { grant } from '../jobs/credits.ts'
import type { Config } from '../platform/config.ts'
import { type Database, type Queryable, toIso } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { cutSqlPage, type Page, type PageKey, pageSql, type SqlSort } from '../platform/page.ts'
import { queryableAs, transactionAs, widen } from '../platform/reach.ts'
import { deleteTeam } from './delete-team.ts'
import { MAX_MEMBERSHIPS, MAX_OWNED_TEAMS } from './limits.ts'
import { lockMembershipsOf } from './locks.ts'
import { insertMembership } from './memberships.ts'
import { insertTeam } from './new-team.ts'
import { isSlug } from './slug.ts'

const MAX_SETTINGS_BYTES = 65_536

export type NewTeam = { name: string; slug: string | null; initialCredits: number }
export type TeamChange = { name?: string; settings?: Record<string, unknown> }
export type TeamPage = { teams: Team[]; next: PageKey | null }

type TeamRow = {
  id: string
  name: string
  slug: string
  credits: number
  ephemeral_storage_bytes: string
  settings: Record<string, unknown>
  created_at: Date
  updated_at: Date
}

const COLUMNS =
  't.id, t.name, t.slug, t.credits, t.ephemeral_storage_bytes, t.settings, t.created_at, t.updated_at'

const BY_NAME: SqlSort = {
  direction: 'asc',
  columns: [
    ['t.name', 'text'],
    ['t.id', 'uuid'],
  ],
}

const present = (row: TeamRow, role: TeamRole, userId: string): Team => ({
  id: row.id,
  name: row.name,
  slug: row.slug,
  credits: row.credits,
  ephemeral_storage_bytes: Number(row.ephemeral_storage_bytes),
  settings: row.settings,
  created_at: toIso(row.created_at) as string,
  updated_at: toIso(row.updated_at) as string,
  user_role: role,
  user_urn: formatOwner({ kind: 'membership', teamId: row.id, userId }),
})

function checkName(name: string): void {
  if (!/\S/.test(name)) throw new Problem('VALIDATION_ERROR', 'name must hold more than blanks')
}

function checkSlug(slug: string | null): void {
  if (slug !== null && !isSlug(slug))
    throw new Problem(
      'VALIDATION_ERROR',
      'slug must be 1 to 50 lower-case letters, digits and single hyphens, with a letter or digit at both ends',
    )
}

function checkSettings(settings: object): void {
  const bytes = Buffer.byteLength(JSON.stringify(settings))
  if (bytes > MAX_SETTINGS_BYTES)
    throw new Problem(
      'VALIDATION_ERROR',
      `settings may have 65536 bytes (64 KiB) as JSON; these have ${bytes}`,
    )
}

const noTeam = (): Problem => new Problem('NOT_FOUND', 'no such team')

export type TeamService = ReturnType<typeof createTeamService>

export function createTeamService({ db, config }: { db: Database; config: Pick<Config, 'CREDITS_MODE'> }) {
  /** @throws {Problem} NOT_FOUND, AUTHORIZATION_ERROR outside the team and for too low a role */
  async function requireTeam(
    principal: UserPrincipal,
    teamId: string,
    action: TeamAction,
  ): Promise<TeamRole> {
    if (!principal.teams.has(teamId)) {
      const { rowCount } = await queryableAs(db.pool, SYSTEM).query('select 1 from teams where id = $1', [
        teamId,
      ])
      if (rowCount === 0) throw noTeam()
    }
    return requireTeamAction(principal, teamId, action)
  }

  async function read(client: Queryable, teamId: string, role: TeamRole, userId: string): Promise<Team> {
    const { rows } = await client.query<TeamRow>(`select ${COLUMNS} from teams t where t.id = $1`, [teamId])
    // Deleted since the caller's rights were read.
    if (!rows[0]) throw noTeam()
    return present(rows[0], role, userId)
  }

  return {
    /** The caller's teams, by name. */
    async list(principal: UserPrincipal, page: Page): Promise<TeamPage> {
      const { key, after, rest, values } = pageSql(BY_NAME, page, [principal.userId])
      const { rows } = await queryableAs(db.pool, reachOf(principal)).query<
        TeamRow & { role: TeamRole; page_key: PageKey }
      >(
        `select ${COLUMNS}, m.role, ${key} from memberships m join teams t on t.id = m.team_id
         where m.user_id = $1 and ${after} ${rest}`,
        values,
      )
      const { rows: kept, next } = cutSqlPage(rows, page)
      return { teams: kept.map((row) => present(row, row.role, principal.userId)), next }
    },

    async find(principal: UserPrincipal, teamId: string): Promise<Team> {
      const role = await requireTeam(principal, teamId, 'team.view')
      return read(queryableAs(db.pool, reachOf(principal)), teamId, role, principal.userId)
    },

    /** A new team of which the caller is the owner. */
    create(principal: UserPrincipal, { name, slug, initialCredits }: NewTeam): Promise<Team> {
      checkName(name)
      checkSlug(slug)
      // Credits that pay for something are the operator's to give; those that only keep count are anybody's.
      if (initialCredits > 0 && config.CREDITS_MODE === 'enforce' && !principal.isOperator)
        throw new Problem('AUTHORIZATION_ERROR', 'initial_credits are for an operator to give')
      const { userId } = principal
      return transactionAs(db.pool, reachOf(principal), async (client) => {
        // The new team is in nobody's reach before it has a member.
        await widen(client)
        const { count, owned } = await lockMembershipsOf(client, userId)
        const teamId = await insertTeam(client, name, slug)
        if (owned >= MAX_OWNED_TEAMS)
          throw new Problem('CONFLICT', `you own ${MAX_OWNED_TEAMS} teams already`)
        if (count >= MAX_MEMBERSHIPS)
          throw new Problem('CONFLICT', `you belong to ${MAX_MEMBERSHIPS} teams already`)
        await insertMembership(client, { teamId, userId, role: 'owner' })
        if (initialCredits > 0)
          await grant(client, formatOwner({ kind: 'team', teamId }), initialCredits, 'initial credits')
        const team = await read(client, teamId, 'owner', userId)
        await audit(client, {
          action: 'team.created',
          subjectType: 'team',
          subjectId: teamId,
          teamId,
          actorId: userId,
          details: { name, slug: team.slug, credits: initialCredits },
        })
        return team
      })
    },

    /** Name, settings or both; settings are replaced as a whole. */
    async change(principal: UserPrincipal, teamId: string, { name, settings }: TeamChange): Promise<Team> {
      if (name !== undefined) checkName(name)
      if (settings !== undefined) checkSettings(settings)
      const role = await requireTeam(principal, teamId, 'team.edit')
      return transactionAs(db.pool, reachOf(principal), async (client) => {
        const before = await client.query<{ name: string }>(
          'select name from teams where id = $1 for no key update',
          [teamId],
        )
        if (name !== undefined || settings !== undefined) {
          await client.query(
            'update teams set name = coalesce($2, name), settings = coalesce($3::jsonb, settings) where id = $1',
            [teamId, name ?? null, settings === undefined ? null : JSON.stringify(settings)],
          )
          await audit(client, {
            action: 'team.changed',
            subjectType: 'team',
            subjectId: teamId,
            teamId,
            actorId: principal.userId,
            details: {
              ...(name === undefined ? {} : { name: { from: before.rows[0]?.name, to: name } }),
              ...(settings === undefined ? {} : { settings: 'replaced' }),
            },
          })
        }
        return read(client, teamId, role, principal.userId)
      })
    },

    /** Deletes a team that has no other member and no active job. */
    async remove(principal: UserPrincipal, teamId: string): Promise<void> {
      await requireTeam(principal, teamId, 'team.delete')
      await transactionAs(db.pool, reachOf(principal), async (client) => {
        await widen(client)
        if (!(await deleteTeam(client, teamId, principal.userId))) throw noTeam()
      })
    },
  }
}

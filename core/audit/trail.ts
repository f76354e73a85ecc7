/** Reading the audit trail, newest first. */
import type { AuditEntry } from '../../schemas/types.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { reachOf } from '../access/reach.ts'
import { requireTeamAction } from '../access/roles.ts'
import { type Database, toIso } from '../platform/database.ts'
import { cutSqlPage, type Page, type PageKey, pageSql, type SqlSort } from '../platform/page.ts'
import { queryableAs } from '../platform/reach.ts'

const NEWEST_FIRST: SqlSort = {
  direction: 'desc',
  columns: [
    ['created_at', 'timestamptz'],
    ['id', 'uuid'],
  ],
}

type EntryRow = Omit<AuditEntry, 'created_at'> & { created_at: Date | string }
export type TrailPage = { entries: AuditEntry[]; next: PageKey | null }
type Deps = { db: Pick<Database, 'pool'> }

async function read(
  { db }: Deps,
  principal: UserPrincipal,
  [column, value]: ['actor_id' | 'team_id', string],
  page: Page,
): Promise<TrailPage> {
  const { key, after, rest, values } = pageSql(NEWEST_FIRST, page, [value])
  const { rows } = await queryableAs(db.pool, reachOf(principal)).query<EntryRow & { page_key: PageKey }>(
    `select id, team_id, actor_id, actor_kind, action, subject_type, subject_id, details, created_at, ${key}
     from audit_entries where ${column} = $1 and ${after} ${rest}`,
    values,
  )
  const { rows: kept, next } = cutSqlPage(rows, page)
  return {
    entries: kept.map((row) => ({ ...row, created_at: toIso(row.created_at) as string }) as AuditEntry),
    next,
  }
}

/** What the caller has done. */
export const accountTrail = (deps: Deps, principal: UserPrincipal, page: Page): Promise<TrailPage> =>
  read(deps, principal, ['actor_id', principal.userId], page)

/** What was done in a team. @throws {Problem} AUTHORIZATION_ERROR, whether or not there is such a team */
export async function teamTrail(
  deps: Deps,
  principal: UserPrincipal,
  teamId: string,
  page: Page,
): Promise<TrailPage> {
  requireTeamAction(principal, teamId, 'team.audit')
  return read(deps, principal, ['team_id', teamId], page)
}

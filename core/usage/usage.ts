/** What an owner has used, by month. */
import type { Usage } from '../../schemas/types.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { chooseOwner, reachOf } from '../access/reach.ts'
import { type Database, toIso } from '../platform/database.ts'
import { cutSqlPage, type Page, type PageKey, pageSql, type SqlSort } from '../platform/page.ts'
import { queryableAs } from '../platform/reach.ts'

const NEWEST_FIRST: SqlSort = { direction: 'desc', columns: [['period', 'text']] }

type UsageRow = Omit<Usage, 'updated_at'> & { updated_at: Date | string }

/**
 * Usage of one owner, newest month first.
 * @throws {Problem} VALIDATION_ERROR for a malformed owner, AUTHORIZATION_ERROR for one out of reach, or of a team that the
 *   caller only views
 */
export async function listUsage(
  { db }: { db: Pick<Database, 'pool'> },
  principal: UserPrincipal,
  filter: { owner?: string | undefined; period?: string | undefined },
  page: Page,
): Promise<{ usage: Usage[]; next: PageKey | null }> {
  const owner = chooseOwner(principal, filter.owner, 'usage.view')
  const { key, after, rest, values } = pageSql(NEWEST_FIRST, page, [owner, filter.period ?? null])
  const { rows } = await queryableAs(db.pool, reachOf(principal)).query<UsageRow & { page_key: PageKey }>(
    `select owner::text, period, renders_count, render_seconds, credits_used, credits_refunded,
       credits_used - credits_refunded as net_credits, api_calls, updated_at, ${key}
     from usage where owner = $1 and ($2::text is null or period = $2) and ${after} ${rest}`,
    values,
  )
  const { rows: kept, next } = cutSqlPage(rows, page)
  return {
    usage: kept.map((row) => ({ ...row, updated_at: toIso(row.updated_at) as string }) as Usage),
    next,
  }
}

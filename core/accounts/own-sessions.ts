/** What people do with their own sessions. Somebody else's session is not there. */
import type { Session } from '../../schemas/types.ts'
import type { UserPrincipal } from '../access/principal.ts'
import { reachOf } from '../access/reach.ts'
import { audit } from '../audit/audit.ts'
import { type Database, type Queryable, toIso } from '../platform/database.ts'
import { Problem } from '../platform/errors.ts'
import { cutSqlPage, type Page, type PageKey, pageSql, type SqlSort } from '../platform/page.ts'
import { queryableAs, transactionAs } from '../platform/reach.ts'
import { deviceOf } from './device.ts'
import { revokeSession } from './sessions.ts'

type SessionRow = {
  id: string
  user_agent: string | null
  ip: string | null
  created_at: Date | string
  last_seen_at: Date | string
  expires_at: Date | string
}
type Deps = { db: Pick<Database, 'pool'> }

const LIVE = 'revoked_at is null and expires_at > now()'
/** Nobody has been seen before the first request: then the log-in itself counts. */
const SEEN = 'coalesce(last_seen_at, created_at)'

const LAST_SEEN_FIRST: SqlSort = {
  direction: 'desc',
  columns: [
    [SEEN, 'timestamptz'],
    ['id', 'uuid'],
  ],
}

/** Live sessions of the caller, the one that was seen last first. */
export async function listSessions(
  { db }: Deps,
  principal: UserPrincipal,
  page: Page,
): Promise<{ sessions: Session[]; next: PageKey | null }> {
  const { key, after, rest, values } = pageSql(LAST_SEEN_FIRST, page, [principal.userId])
  const { rows } = await queryableAs(db.pool, reachOf(principal)).query<SessionRow & { page_key: PageKey }>(
    `select id, user_agent, ip, created_at, ${SEEN} as last_seen_at, expires_at, ${key}
     from sessions where user_id = $1 and ${LIVE} and ${after} ${rest}`,
    values,
  )
  const { rows: kept, next } = cutSqlPage<SessionRow>(rows, page)
  const sessions = kept.map(
    (row): Session => ({
      id: row.id,
      device: deviceOf(row.user_agent),
      address: row.ip,
      is_current: row.id === principal.session?.id,
      created_at: toIso(row.created_at) as string,
      last_seen_at: toIso(row.last_seen_at) as string,
      expires_at: toIso(row.expires_at) as string,
    }),
  )
  return { sessions, next }
}

async function noteEnd(client: Queryable, { userId }: UserPrincipal, id: string, agent: string | null) {
  await audit(client, {
    action: 'session.ended',
    subjectType: 'session',
    subjectId: id,
    teamId: null,
    actorId: userId,
    details: { device: deviceOf(agent) },
  })
}

/** Ends one session. @throws {Problem} NOT_FOUND for one that has ended, and for somebody else's */
export async function endSession({ db }: Deps, principal: UserPrincipal, id: string): Promise<void> {
  await transactionAs(db.pool, reachOf(principal), async (client) => {
    const { rows } = await client.query<{ user_agent: string | null }>(
      `select user_agent from sessions where id = $1 and user_id = $2 and ${LIVE} for update`,
      [id, principal.userId],
    )
    if (!rows[0]) throw new Problem('NOT_FOUND', 'no such session')
    await revokeSession(client, id)
    await noteEnd(client, principal, id, rows[0].user_agent)
  })
}

/** Ends every session of the caller but the one that asks. */
export async function endOtherSessions({ db }: Deps, principal: UserPrincipal): Promise<void> {
  await transactionAs(db.pool, reachOf(principal), async (client) => {
    const { rows } = await client.query<{ id: string; user_agent: string | null }>(
      `update sessions set revoked_at = now()
       where user_id = $1 and id is distinct from $2 and ${LIVE} returning id, user_agent`,
      [principal.userId, principal.session?.id ?? null],
    )
    for (const { id, user_agent } of rows) await noteEnd(client, principal, id, user_agent)
  })
}

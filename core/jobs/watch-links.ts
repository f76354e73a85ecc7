/** Watch links: read-only looks at one job for people without an account. The token is stored as a hash. */
import type { Principal } from '../access/principal.ts'
import type { Queryable } from '../platform/database.ts'
import { toIso } from '../platform/database.ts'
import { newId } from '../platform/ids.ts'
import { hashToken, newToken } from '../platform/signing.ts'

export type WatchLinkView = { id: string; created_by: string; expires_at: string; revoked_at: string | null }

/** Makes a link that ends `expiresInS` seconds from now. The token is in the answer and nowhere else. */
export async function createWatchLink(
  db: Queryable,
  input: { jobId: string; createdBy: string; expiresInS: number },
): Promise<{ id: string; token: string; expires_at: string }> {
  const token = newToken()
  const { rows } = await db.query<{ id: string; expires_at: string }>(
    `insert into watch_links (id, job_id, created_by, token_hash, expires_at)
     values ($1, $2, $3, $4, now() + make_interval(secs => $5)) returning id, expires_at`,
    [newId(), input.jobId, input.createdBy, hashToken(token), input.expiresInS],
  )
  const row = rows[0]!
  return { id: row.id, token, expires_at: toIso(row.expires_at) as string }
}

export async function listWatchLinks(db: Queryable, jobId: string): Promise<WatchLinkView[]> {
  const { rows } = await db.query<WatchLinkView>(
    'select id, created_by, expires_at, revoked_at from watch_links where job_id = $1 order by created_at desc, id limit 100',
    [jobId],
  )
  return rows.map((row) => ({
    ...row,
    expires_at: toIso(row.expires_at) as string,
    revoked_at: toIso(row.revoked_at),
  }))
}

/** False when there is no such link on this job, or it is revoked already. */
export async function revokeWatchLink(db: Queryable, jobId: string, linkId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'update watch_links set revoked_at = now() where id = $1 and job_id = $2 and revoked_at is null',
    [linkId, jobId],
  )
  return rowCount === 1
}

/** Who a watch token stands for; null when it is unknown, revoked or past its time. */
export async function findWatchLink(db: Queryable, token: string): Promise<Principal | null> {
  if (token.length > 100) return null
  const { rows } = await db.query<{ id: string; job_id: string }>(
    'select id, job_id from watch_links where token_hash = $1 and revoked_at is null and expires_at > now()',
    [hashToken(token)],
  )
  const row = rows[0]
  return row ? { kind: 'watch', linkId: row.id, jobId: row.job_id } : null
}

/** Whether a link is still good: open streams ask again from time to time. */
export async function isWatchLinkLive(db: Queryable, linkId: string): Promise<boolean> {
  const { rows } = await db.query(
    'select 1 from watch_links where id = $1 and revoked_at is null and expires_at > now()',
    [linkId],
  )
  return rows.length === 1
}

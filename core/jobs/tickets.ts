/** Tickets for clients that can set neither header nor subprotocol on a WebSocket: one use, 30 seconds. */
import type { UserPrincipal } from '../access/principal.ts'
import { findKeyById } from '../accounts/keys.ts'
import { findSession } from '../accounts/sessions.ts'
import type { Queryable } from '../platform/database.ts'
import { toIso } from '../platform/database.ts'
import { hashToken, newToken } from '../platform/signing.ts'

const LIFETIME_S = 30

/** Makes a ticket with the caller's own rights. */
export async function createTicket(
  db: Queryable,
  principal: UserPrincipal,
): Promise<{ ticket: string; expires_at: string }> {
  const ticket = newToken()
  const { rows } = await db.query<{ expires_at: string }>(
    `insert into ws_tickets (token_hash, user_id, api_key_id, session_id, expires_at)
     values ($1, $2, $3, $4, now() + make_interval(secs => $5)) returning expires_at`,
    [
      hashToken(ticket),
      principal.userId,
      principal.apiKey?.id ?? null,
      principal.session?.id ?? null,
      LIFETIME_S,
    ],
  )
  return { ticket, expires_at: toIso(rows[0]!.expires_at) as string }
}

/** Uses a ticket up; null when it is unknown, used, past its time, or its key is no longer valid. */
export async function redeemTicket(db: Queryable, ticket: string): Promise<UserPrincipal | null> {
  if (ticket.length > 100) return null
  const { rows } = await db.query<{ api_key_id: string | null; session_id: string | null }>(
    'delete from ws_tickets where token_hash = $1 and expires_at > now() returning api_key_id, session_id',
    [hashToken(ticket)],
  )
  const { api_key_id: keyId, session_id: sessionId } = rows[0] ?? {}
  if (keyId) return findKeyById(db, keyId)
  return sessionId ? findSession(db, sessionId) : null
}

/** Removes tickets that nobody used. */
export async function expireTickets(db: Queryable): Promise<void> {
  await db.query('delete from ws_tickets where expires_at < now()')
}

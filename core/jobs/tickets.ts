/** Tickets for clients that can set neither header nor subprotocol on a WebSocket: one use, 30 seconds. */
import type { UserPrincipal } from '../access/principal.ts'
import { findKeyById } from '../accounts/keys.ts'
import { findTokenPrincipal } from '../accounts/principals.ts'
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
    `insert into ws_tickets (token_hash, user_id, api_key_id, session_id, token_expires_at, expires_at)
     values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6)) returning expires_at`,
    [
      hashToken(ticket),
      principal.userId,
      principal.apiKey?.id ?? null,
      principal.session?.id ?? null,
      principal.tokenExpiresAt,
      LIFETIME_S,
    ],
  )
  return { ticket, expires_at: toIso(rows[0]!.expires_at) as string }
}

type TicketRow = {
  user_id: string
  api_key_id: string | null
  session_id: string | null
  token_expires_at: Date | string | null
}

/** Uses a ticket up; null when it is unknown, used, past its time, or its maker's credential is no longer valid. */
export async function redeemTicket(db: Queryable, ticket: string): Promise<UserPrincipal | null> {
  if (ticket.length > 100) return null
  const { rows } = await db.query<TicketRow>(
    `delete from ws_tickets where token_hash = $1 and expires_at > now()
     returning user_id, api_key_id, session_id, token_expires_at`,
    [hashToken(ticket)],
  )
  const row = rows[0]
  if (!row) return null
  if (row.api_key_id) return findKeyById(db, row.api_key_id)
  if (row.session_id) return findSession(db, row.session_id)
  // Of a token of another issuer, nothing but its end is kept.
  const endsAt = row.token_expires_at && new Date(row.token_expires_at)
  return endsAt && endsAt > new Date() ? findTokenPrincipal(db, row.user_id, endsAt) : null
}

/** Removes tickets that nobody used. */
export async function expireTickets(db: Queryable): Promise<void> {
  await db.query('delete from ws_tickets where expires_at < now()')
}

/** The mail that brings an invitation. */
import type { Queryable } from '../platform/database.ts'
import type { Mail } from '../platform/mail.ts'
import { STATE } from './invitations.ts'

export type InvitationLetter = {
  id: string
  teamId: string
  teamName: string
  email: string
  role: string
  token: string
  /** Name of who invites, or the address where there is no name. */
  inviter: string
  expiresAt: Date
}

/** Where an invitation is accepted in a browser. */
export const acceptUrl = (
  baseUrl: string,
  { id, teamId, token }: Pick<InvitationLetter, 'id' | 'teamId' | 'token'>,
): string => `${baseUrl}/teams/${teamId}/invitations/${id}/accept?token=${encodeURIComponent(token)}`

/** What goes into the mail of an invitation; null when it is no longer to be answered. */
export async function findLetter(db: Queryable, invitationId: string): Promise<InvitationLetter | null> {
  const { rows } = await db.query<{
    id: string
    team_id: string
    team_name: string
    email: string
    role: string
    token: string
    inviter: string
    expires_at: Date
  }>(
    `select i.id, i.team_id, t.name as team_name, i.email::text as email, i.role, i.token,
       coalesce(u.name, u.email::text) as inviter, i.expires_at
     from invitations i join teams t on t.id = i.team_id join users u on u.id = i.invited_by
     where i.id = $1 and ${STATE} = 'pending'`,
    [invitationId],
  )
  const row = rows[0]
  if (!row) return null
  return {
    id: row.id,
    teamId: row.team_id,
    teamName: row.team_name,
    email: row.email,
    role: row.role,
    token: row.token,
    inviter: row.inviter,
    expiresAt: row.expires_at,
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')

/** Names of people and teams may hold anything: in a line of text they are one line. */
const oneLine = (text: string): string => text.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim()

const article = (role: string): string => (role === 'admin' ? 'an' : 'a')

const readable = (time: Date): string =>
  `${new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(time)} UTC`

/** The message, as plain text and as a page. Pure. */
export function invitationMail(letter: InvitationLetter, baseUrl: string): Mail {
  const url = acceptUrl(baseUrl, letter)
  const inviter = oneLine(letter.inviter)
  const team = oneLine(letter.teamName)
  const as = `${article(letter.role)} ${letter.role}`
  const limit = `The invitation is good for 7 days, until ${readable(letter.expiresAt)}, and for the address ${letter.email} alone.`
  const stranger = 'If you did not expect it, you need not do anything.'
  return {
    // Sent again, an invitation is another message: it has another date.
    id: `invitation-${letter.id}-${letter.expiresAt.getTime()}`,
    to: letter.email,
    subject: `Invitation to join team: ${team}`,
    text: [
      `${inviter} invites you to join the team ${team} on Framecast, as ${as}.`,
      `Accept the invitation here:\n${url}`,
      limit,
      stranger,
      '',
    ].join('\n\n'),
    html: `<!doctype html>
<html lang="en"><body style="font-family: sans-serif; line-height: 1.5">
<p>${escaped(inviter)} invites you to join the team <strong>${escaped(team)}</strong> on Framecast, as ${escaped(as)}.</p>
<p><a href="${escaped(url)}">Accept the invitation</a></p>
<p>${escaped(limit)}</p>
<p>${escaped(stranger)}</p>
</body></html>
`,
  }
}

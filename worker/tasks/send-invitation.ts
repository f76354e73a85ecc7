/** Sends the mail of an invitation. The queue tries again a few times; what failed for good is in the log. */
import type { Task } from 'graphile-worker'
import type { Pool } from 'pg'
import type { Logger } from '../../core/platform/log.ts'
import type { Mailer } from '../../core/platform/mail.ts'
import { findLetter, invitationMail } from '../../core/teams/invitation-mail.ts'

export function sendInvitation({
  pool,
  mailer,
  baseUrl,
  log,
}: {
  pool: Pool
  mailer: Mailer | null
  baseUrl: string
  log: Logger
}): Task {
  return async (payload) => {
    const { invitation_id: id } = payload as { invitation_id: string }
    // Answered, revoked or expired in the meantime: nothing to send any more.
    const letter = await findLetter(pool, id)
    if (!letter) return
    if (!mailer) {
      log.warn(
        { invitation_id: id },
        'an invitation waits for a mail server: SMTP_URL is not set for this worker',
      )
      return
    }
    await mailer.send(invitationMail(letter, baseUrl))
    log.info({ invitation_id: id, team_id: letter.teamId }, 'invitation sent')
  }
}

/** Invitations to a team: who has not come yet, and asking somebody in. */
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ask, askWithHeaders, type Invitation } from '../../api/client.ts'
import { when } from '../../format.ts'
import { Button, Field, TextField } from '../../ui/controls.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ListSection, usePages } from '../../ui/list.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import { useHeldTeam } from './layout.tsx'
import styles from './team.module.css'
import { refusalWords } from './words.ts'

type Role = Invitation['role']

const invite = (teamId: string, email: string, role: Role): Promise<Invitation> =>
  ask((api, signal) =>
    api.POST('/v1/teams/{id}/invitations', {
      params: { path: { id: teamId } },
      body: { email, role },
      signal,
    }),
  )

/** Those that still say something: the waiting ones, and those that ended without a newer one to the same address. */
function worthShowing(invitations: readonly Invitation[]): Invitation[] {
  const seen = new Set<string>()
  return invitations.filter(({ email, state }) => {
    const isNewest = !seen.has(email)
    seen.add(email)
    return isNewest && (state === 'pending' || state === 'expired' || state === 'declined')
  })
}

function stateWords({ state, role, expires_at }: Invitation): string {
  const day = when(Date.parse(expires_at))
  if (state === 'expired') return `Expired on ${day}`
  return state === 'declined' ? `Declined to be ${role}` : `Invited as ${role}, until ${day}`
}

export function Invitations({ onInvite }: { onInvite: () => void }) {
  const team = useHeldTeam()
  const queries = useQueryClient()
  const { fault, busy, attempt } = useAttempt(refusalWords)
  const [copied, setCopied] = useState<string | null>(null)
  const pages = usePages<Invitation>(['teams', team.id, 'invitations'], (page, signal) =>
    askWithHeaders(
      (api, limit) =>
        api.GET('/v1/teams/{id}/invitations', {
          params: { path: { id: team.id }, query: page },
          signal: limit,
        }),
      signal,
    ),
  )
  const shown = worthShowing(pages.rows ?? [])
  const doing = (work: () => Promise<unknown>): Promise<boolean> =>
    attempt(async () => {
      await work()
      await queries.invalidateQueries({ queryKey: ['teams', team.id, 'invitations'] })
    })
  const sendAgain = ({ id, email, role, state }: Invitation): Promise<boolean> =>
    doing(() =>
      state === 'pending'
        ? ask((api, signal) =>
            api.POST('/v1/teams/{id}/invitations/{invitation_id}/resend', {
              params: { path: { id: team.id, invitation_id: id } },
              signal,
            }),
          )
        : // One that is over opens nothing any more: a new one goes to the same address.
          invite(team.id, email, role),
    )
  const takeBack = ({ id }: Invitation): Promise<boolean> =>
    doing(() =>
      ask((api, signal) =>
        api.DELETE('/v1/teams/{id}/invitations/{invitation_id}', {
          params: { path: { id: team.id, invitation_id: id } },
          signal,
        }),
      ),
    )

  return (
    <>
      {fault ? (
        <p role="alert" className={styles.fault}>
          {fault}
        </p>
      ) : null}
      <ListSection
        name="Invitations"
        pages={pages}
        isEmpty={pages.rows !== undefined && shown.length === 0 && !pages.hasNextPage}
        empty="Nobody is waiting to come in. Invite the people you make films with."
        action={shown.length === 0 ? <Button onClick={onInvite}>Invite somebody</Button> : null}
      >
        <ul className={styles.list}>
          {shown.map((invitation) => (
            <li key={invitation.id} className={styles.line}>
              <span className={styles.main}>
                {invitation.email}
                <small className={invitation.state === 'expired' ? styles.warn : ''}>
                  {stateWords(invitation)}
                </small>
              </span>
              {invitation.accept_url ? (
                <Button
                  aria-label={`Copy the link for ${invitation.email}`}
                  onClick={() =>
                    attempt(async () => {
                      await navigator.clipboard.writeText(invitation.accept_url!)
                      setCopied(invitation.id)
                    })
                  }
                >
                  {copied === invitation.id ? 'Copied' : 'Copy link'}
                </Button>
              ) : null}
              <Button
                disabled={busy}
                aria-label={`Send again to ${invitation.email}`}
                onClick={() => sendAgain(invitation)}
              >
                Send again
              </Button>
              {invitation.state === 'pending' ? (
                <Button
                  disabled={busy}
                  aria-label={`Take back the invitation to ${invitation.email}`}
                  onClick={() => takeBack(invitation)}
                >
                  Take back
                </Button>
              ) : null}
            </li>
          ))}
        </ul>
      </ListSection>
    </>
  )
}

const OFFERED: readonly Role[] = ['viewer', 'member', 'admin']

export function InviteDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return open ? <Invite onClose={onClose} /> : null
}

function Invite({ onClose }: { onClose: () => void }) {
  const team = useHeldTeam()
  const queries = useQueryClient()
  const { fault, busy, attempt } = useAttempt(refusalWords)
  const [made, setMade] = useState<Invitation | null>(null)
  const [isCopied, setCopied] = useState(false)

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    await attempt(async () => {
      const invitation = await invite(team.id, String(form.get('email')), form.get('role') as Role)
      await queries.invalidateQueries({ queryKey: ['teams', team.id, 'invitations'] })
      // With a mail server the link is on its way; without one it is passed on by hand.
      if (invitation.accept_url) setMade(invitation)
      else onClose()
    })
  }

  if (made)
    return (
      <Dialog
        open
        onClose={onClose}
        title={`${made.email} is invited`}
        actions={
          <>
            <Button
              autoFocus
              look={isCopied ? 'outline' : 'primary'}
              onClick={() =>
                attempt(async () => {
                  await navigator.clipboard.writeText(made.accept_url ?? '')
                  setCopied(true)
                })
              }
            >
              {isCopied ? 'Copied' : 'Copy link'}
            </Button>
            <Button look={isCopied ? 'primary' : 'outline'} onClick={onClose}>
              Done
            </Button>
          </>
        }
      >
        <p>No mail server is set up here. Pass this link on; it holds for seven days.</p>
        <output aria-label="Link" className={styles.link}>
          {made.accept_url}
        </output>
        {fault ? <p role="alert">{fault}</p> : null}
      </Dialog>
    )
  return (
    <Dialog open onClose={onClose} title={`Invite somebody to ${team.name}`}>
      <form className={styles.form} onSubmit={submit}>
        <TextField label="Email" name="email" type="email" required autoFocus error={fault} />
        <Field label="Role">
          {(ties) => (
            <select {...ties} name="role" defaultValue="member">
              {OFFERED.map((role) => (
                <option key={role}>{role}</option>
              ))}
            </select>
          )}
        </Field>
        <div className={styles.actions}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={busy}>
            Invite
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

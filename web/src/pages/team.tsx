/** People of a team and invitations to it, its webhooks, its keys, and what it used. */
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { ask } from '../api/client.ts'
import { count, when } from '../format.ts'
import { useCaller } from '../session.tsx'
import { Button, Field, TextField } from '../ui/controls.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { wordsOf } from './faults.tsx'
import styles from './page.module.css'
import { useTeam } from './projects.tsx'

const ROLES = ['viewer', 'member', 'admin', 'owner'] as const
const HOOK_EVENTS = [
  'job.queued',
  'job.started',
  'job.progress',
  'job.completed',
  'job.failed',
  'job.canceled',
] as const

type Shown = { title: string; secret: string }

export function TeamPage() {
  const team = useTeam()
  const caller = useCaller()
  const id = team?.id ?? ''
  const path = { id }
  const isAdmin = team?.user_role === 'owner' || team?.user_role === 'admin'
  const [dialog, setDialog] = useState<'invite' | 'webhook' | 'key' | null>(null)
  const [shown, setShown] = useState<Shown | null>(null)
  const [fault, setFault] = useState<string>()
  const [saidOfHook, setSaidOfHook] = useState<{ id: string; words: string } | null>(null)

  const members = useQuery({
    queryKey: ['teams', id, 'members'],
    enabled: Boolean(team),
    queryFn: () =>
      ask((api, signal) =>
        api.GET('/v1/teams/{id}/members', { params: { path, query: { limit: 100 } }, signal }),
      ),
  })
  const invitations = useQuery({
    queryKey: ['teams', id, 'invitations'],
    enabled: isAdmin,
    queryFn: () =>
      ask((api, signal) =>
        api.GET('/v1/teams/{id}/invitations', { params: { path, query: { limit: 100 } }, signal }),
      ),
  })
  const webhooks = useQuery({
    queryKey: ['teams', id, 'webhooks'],
    enabled: isAdmin,
    queryFn: () =>
      ask((api, signal) =>
        api.GET('/v1/teams/{id}/webhooks', { params: { path, query: { limit: 100 } }, signal }),
      ),
  })
  const keys = useQuery({
    queryKey: ['keys'],
    queryFn: () =>
      ask((api, signal) => api.GET('/v1/auth/keys', { params: { query: { limit: 100 } }, signal })),
  })
  const usage = useQuery({
    queryKey: ['teams', id, 'usage'],
    enabled: Boolean(team),
    queryFn: () =>
      ask((api, signal) =>
        api.GET('/v1/usage', { params: { query: { owner: `framecast:team:${id}`, limit: 12 } }, signal }),
      ),
  })

  /** Does something; what went wrong is said where it was asked for. */
  const attempt = async (work: () => Promise<unknown>): Promise<boolean> => {
    setFault(undefined)
    try {
      await work()
      return true
    } catch (error) {
      setFault(wordsOf(error))
      return false
    }
  }
  const inDialog =
    (work: (form: FormData) => Promise<unknown>) => async (event: FormEvent<HTMLFormElement>) => {
      event.preventDefault()
      const form = new FormData(event.currentTarget)
      if (await attempt(() => work(form))) setDialog(null)
    }

  const invite = inDialog(async (form) => {
    const made = await ask((api, signal) =>
      api.POST('/v1/teams/{id}/invitations', {
        params: { path },
        body: { email: String(form.get('email')), role: form.get('role') as 'viewer' | 'member' | 'admin' },
        signal,
      }),
    )
    await invitations.refetch()
    // Without mail the link is passed on by hand.
    if (made.accept_url) setShown({ title: 'Pass this link on', secret: made.accept_url })
  })
  const addWebhook = inDialog(async (form) => {
    const made = await ask((api, signal) =>
      api.POST('/v1/teams/{id}/webhooks', {
        params: { path },
        body: {
          url: String(form.get('url')),
          events: HOOK_EVENTS.filter((event) => form.get(event) !== null),
        },
        signal,
      }),
    )
    await webhooks.refetch()
    setShown({ title: 'The secret that signs deliveries', secret: made.secret })
  })
  const addKey = inDialog(async (form) => {
    const made = await ask((api, signal) =>
      api.POST('/v1/auth/keys', {
        body: {
          name: String(form.get('name')),
          owner: form.get('owner') === 'team' && team?.user_urn ? team.user_urn : null,
        },
        signal,
      }),
    )
    await keys.refetch()
    setShown({ title: 'The key', secret: made.raw_key })
  })

  if (team === null) throw new Error('There is no team here, or you may not see it.')
  const open = (what: typeof dialog): void => {
    setFault(undefined)
    setDialog(what)
  }

  return (
    <main className={styles.page}>
      <title>{`Team – ${team?.name ?? 'Framecast'}`}</title>
      <header className={styles.head}>
        <h1>{team?.name ?? 'Team'}</h1>
        <span className={`${styles.small} tabular`}>{team ? count(team.credits, 'credit') : ''}</span>
        <div className={styles.push}>
          <Button look="primary" icon="plus" disabled={!isAdmin} onClick={() => open('invite')}>
            Invite
          </Button>
        </div>
      </header>
      {fault && !dialog ? (
        <p role="alert" className={styles.fault}>
          {fault}
        </p>
      ) : null}

      <Section name="Members" fault={members.error}>
        {members.data?.map((member) => (
          <li key={member.id} className={styles.line}>
            <span className={styles.main}>
              {member.user_name ?? member.user_email}
              <small>{member.user_email}</small>
            </span>
            <select
              aria-label={`Role of ${member.user_email}`}
              value={member.role}
              disabled={!isAdmin}
              onChange={(event) =>
                attempt(async () => {
                  await ask((api, signal) =>
                    api.PATCH('/v1/teams/{id}/members/{user_id}', {
                      params: { path: { id, user_id: member.user_id } },
                      body: { role: event.target.value as (typeof ROLES)[number] },
                      signal,
                    }),
                  )
                  await members.refetch()
                })
              }
            >
              {ROLES.map((role) => (
                <option key={role}>{role}</option>
              ))}
            </select>
            {isAdmin && member.user_id !== caller.user.id ? (
              <Button
                onClick={() =>
                  attempt(async () => {
                    await ask((api, signal) =>
                      api.DELETE('/v1/teams/{id}/members/{user_id}', {
                        params: { path: { id, user_id: member.user_id } },
                        signal,
                      }),
                    )
                    await members.refetch()
                  })
                }
              >
                Remove
              </Button>
            ) : null}
          </li>
        ))}
      </Section>

      {isAdmin ? (
        <Section name="Invitations" fault={invitations.error} empty="Nobody is invited.">
          {invitations.data
            ?.filter((invitation) => invitation.state === 'pending')
            .map((invitation) => (
              <li key={invitation.id} className={styles.line}>
                <span className={styles.main}>
                  {invitation.email}
                  <small>
                    {invitation.role}, until {when(Date.parse(invitation.expires_at))}
                  </small>
                </span>
                <Button
                  onClick={() =>
                    attempt(async () => {
                      await ask((api, signal) =>
                        api.DELETE('/v1/teams/{id}/invitations/{invitation_id}', {
                          params: { path: { id, invitation_id: invitation.id } },
                          signal,
                        }),
                      )
                      await invitations.refetch()
                    })
                  }
                >
                  Take back
                </Button>
              </li>
            ))}
        </Section>
      ) : null}

      {isAdmin ? (
        <Section
          name="Webhooks"
          fault={webhooks.error}
          empty="Tell another system when a film is ready."
          action={<Button onClick={() => open('webhook')}>Add a webhook</Button>}
        >
          {webhooks.data?.map((hook) => (
            <li key={hook.id} className={styles.line}>
              <span className={styles.main}>
                {hook.url}
                <small>
                  {hook.is_active ? 'Active' : 'Off'}, {hook.events.join(', ')}
                  {saidOfHook?.id === hook.id ? `. ${saidOfHook.words}` : ''}
                </small>
              </span>
              <Button
                onClick={() =>
                  attempt(async () => {
                    await ask((api, signal) =>
                      api.POST('/v1/webhooks/{id}/test', { params: { path: { id: hook.id } }, signal }),
                    )
                    setSaidOfHook({ id: hook.id, words: 'A test is on its way' })
                  })
                }
              >
                Send test
              </Button>
              <Button
                onClick={() =>
                  attempt(async () => {
                    const made = await ask((api, signal) =>
                      api.POST('/v1/webhooks/{id}/rotate-secret', {
                        params: { path: { id: hook.id } },
                        signal,
                      }),
                    )
                    setShown({ title: 'The new secret', secret: made.secret })
                  })
                }
              >
                Rotate secret
              </Button>
              <Button
                onClick={() =>
                  attempt(async () => {
                    await ask((api, signal) =>
                      api.DELETE('/v1/webhooks/{id}', { params: { path: { id: hook.id } }, signal }),
                    )
                    await webhooks.refetch()
                  })
                }
              >
                Remove
              </Button>
            </li>
          ))}
        </Section>
      ) : null}

      <Section
        name="Your API keys"
        fault={keys.error}
        empty="A key lets a program render for you."
        action={<Button onClick={() => open('key')}>Make a key</Button>}
      >
        {keys.data
          ?.filter((key) => key.revoked_at === null)
          .map((key) => (
            <li key={key.id} className={styles.line}>
              <span className={styles.main}>
                {key.name}
                <small>
                  {key.last_used_at ? `Used ${when(Date.parse(key.last_used_at))}` : 'Never used'}, made{' '}
                  {when(Date.parse(key.created_at))}
                </small>
              </span>
              <Button
                onClick={() =>
                  attempt(async () => {
                    await ask((api, signal) =>
                      api.DELETE('/v1/auth/keys/{id}', { params: { path: { id: key.id } }, signal }),
                    )
                    await keys.refetch()
                  })
                }
              >
                Revoke
              </Button>
            </li>
          ))}
      </Section>

      <Section name="Usage" fault={usage.error} empty="Nothing was used yet.">
        {usage.data?.map((month) => (
          <li key={month.period} className={`${styles.line} tabular`}>
            <span className={styles.main}>{month.period}</span>
            <span>{count(month.renders_count, 'film')}</span>
            <span>{Math.round(month.render_seconds)} s</span>
            <span>{count(month.net_credits, 'credit')}</span>
          </li>
        ))}
      </Section>

      <Dialog open={dialog === 'invite'} onClose={() => setDialog(null)} title="Invite somebody">
        <form className={styles.form} onSubmit={invite}>
          <TextField label="Email" name="email" type="email" required autoFocus error={fault} />
          <Field label="Role">
            {(ties) => (
              <select {...ties} name="role" defaultValue="member">
                {ROLES.slice(0, 3).map((role) => (
                  <option key={role}>{role}</option>
                ))}
              </select>
            )}
          </Field>
          <Button type="submit" look="primary">
            Invite
          </Button>
        </form>
      </Dialog>
      <Dialog open={dialog === 'webhook'} onClose={() => setDialog(null)} title="Add a webhook">
        <form className={styles.form} onSubmit={addWebhook}>
          <TextField
            label="Address"
            name="url"
            type="url"
            placeholder="https://"
            required
            autoFocus
            error={fault}
          />
          <fieldset>
            <legend>Tell it about</legend>
            {HOOK_EVENTS.map((event) => (
              <label key={event} style={{ display: 'block' }}>
                <input
                  type="checkbox"
                  name={event}
                  defaultChecked={event === 'job.completed' || event === 'job.failed'}
                />{' '}
                {event}
              </label>
            ))}
          </fieldset>
          <Button type="submit" look="primary">
            Add webhook
          </Button>
        </form>
      </Dialog>
      <Dialog open={dialog === 'key'} onClose={() => setDialog(null)} title="Make a key">
        <form className={styles.form} onSubmit={addKey}>
          <TextField label="Name" name="name" required maxLength={100} autoFocus error={fault} />
          <Field label="Renders for">
            {(ties) => (
              <select {...ties} name="owner" defaultValue="team">
                <option value="team">{team?.name ?? 'the team'}</option>
                <option value="me">You alone</option>
              </select>
            )}
          </Field>
          <Button type="submit" look="primary">
            Make key
          </Button>
        </form>
      </Dialog>
      <Dialog
        open={shown !== null}
        onClose={() => {}}
        mustAnswer
        title={shown?.title ?? ''}
        actions={
          <>
            <Button onClick={() => navigator.clipboard.writeText(shown?.secret ?? '')}>Copy</Button>
            <Button look="primary" onClick={() => setShown(null)}>
              I have stored it
            </Button>
          </>
        }
      >
        <p>This is shown once.</p>
        <p className={styles.secret}>{shown?.secret}</p>
      </Dialog>
    </main>
  )
}

function Section({
  name,
  fault,
  empty,
  action,
  children,
}: {
  name: string
  fault: Error | null
  empty?: string
  action?: ReactNode
  children: ReactNode
}) {
  const isEmpty = Array.isArray(children) && children.length === 0
  return (
    <section className={styles.section} aria-label={name}>
      <h2>
        {name}
        {action}
      </h2>
      {fault ? (
        <p role="alert" className={styles.fault}>
          {wordsOf(fault)}
        </p>
      ) : isEmpty ? (
        <p className={styles.small}>{empty}</p>
      ) : (
        <ul className={styles.list}>{children}</ul>
      )}
    </section>
  )
}

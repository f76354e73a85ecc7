/** Webhooks of a team: where events go. */
import { Link, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ask, askWithHeaders, type Webhook } from '../../api/client.ts'
import { when } from '../../format.ts'
import { queries } from '../../queries.ts'
import { Button, TextField } from '../../ui/controls.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ListSection, usePages } from '../../ui/list.tsx'
import { SecretDialog } from '../../ui/secret.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import { RefusedPage, useHeldTeam } from './layout.tsx'
import styles from './team.module.css'
import { isAdmin, refusalWords } from './words.ts'

export const HOOK_EVENTS = [
  'job.queued',
  'job.started',
  'job.progress',
  'job.completed',
  'job.failed',
  'job.canceled',
] as const

export function WebhooksPage() {
  const team = useHeldTeam()
  return isAdmin(team.user_role) ? <Webhooks /> : <RefusedPage roles="owners and admins" />
}

function Webhooks() {
  const team = useHeldTeam()
  const navigate = useNavigate()
  const [isAdding, setAdding] = useState(false)
  const [made, setMade] = useState<{ webhook: Webhook; secret: string } | null>(null)
  const { fault, busy, attempt, clear } = useAttempt(refusalWords)
  const pages = usePages<Webhook>(['teams', team.id, 'webhooks'], (page, signal) =>
    askWithHeaders(
      (api, limit) =>
        api.GET('/v1/teams/{id}/webhooks', {
          params: { path: { id: team.id }, query: page },
          signal: limit,
        }),
      signal,
    ),
  )

  const add = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    await attempt(async () => {
      const added = await ask((api, signal) =>
        api.POST('/v1/teams/{id}/webhooks', {
          params: { path: { id: team.id } },
          body: {
            url: String(form.get('url')),
            events: HOOK_EVENTS.filter((name) => form.get(name) !== null),
          },
          signal,
        }),
      )
      await queries.invalidateQueries({ queryKey: ['teams', team.id, 'webhooks'] })
      setAdding(false)
      setMade(added)
    })
  }

  return (
    <>
      <title>{`Webhooks – ${team.name}`}</title>
      <ListSection
        name="Webhooks"
        pages={pages}
        empty="Tell another system when a film is ready."
        action={
          <Button
            look="primary"
            icon="plus"
            onClick={() => {
              clear()
              setAdding(true)
            }}
          >
            Add a webhook
          </Button>
        }
      >
        <ul className={styles.list}>
          {pages.rows?.map((hook) => (
            <li key={hook.id} className={styles.line}>
              <span className={styles.main}>
                <Link to="/t/$team/webhooks/$webhook" params={{ team: team.slug, webhook: hook.id }}>
                  {hook.url}
                </Link>
                <small>{hook.events.join(', ')}</small>
              </span>
              <span className={styles.fact}>
                {hook.last_triggered_at
                  ? `Delivered ${when(Date.parse(hook.last_triggered_at))}`
                  : 'Nothing delivered yet'}
              </span>
              <span className={hook.is_active ? styles.on : styles.off}>
                {hook.is_active ? 'Active' : 'Off'}
              </span>
            </li>
          ))}
        </ul>
      </ListSection>
      <Dialog open={isAdding} onClose={() => setAdding(false)} title="Add a webhook">
        <form className={styles.form} onSubmit={add}>
          <TextField
            label="Address"
            name="url"
            type="url"
            placeholder="https://"
            required
            autoFocus
            error={fault}
          />
          <EventBoxes chosen={['job.completed', 'job.failed']} />
          <div className={styles.actions}>
            <Button onClick={() => setAdding(false)}>Cancel</Button>
            <Button type="submit" look="primary" disabled={busy}>
              Add webhook
            </Button>
          </div>
        </form>
      </Dialog>
      <SecretDialog
        shown={
          made && {
            title: 'The webhook is added',
            label: 'Secret',
            secret: made.secret,
            note: 'The receiver checks with it that a delivery is from here.',
          }
        }
        onStored={() => {
          const id = made?.webhook.id ?? ''
          setMade(null)
          navigate({ to: '/t/$team/webhooks/$webhook', params: { team: team.slug, webhook: id } })
        }}
      />
    </>
  )
}

export function EventBoxes({ chosen }: { chosen: readonly string[] }) {
  return (
    <fieldset className={styles.boxes}>
      <legend>Tell it about</legend>
      {HOOK_EVENTS.map((event) => (
        <label key={event}>
          <input type="checkbox" name={event} defaultChecked={chosen.includes(event)} />
          {event}
        </label>
      ))}
    </fieldset>
  )
}

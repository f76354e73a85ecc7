/** One webhook: its settings, and what became of each delivery. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ask, askWithHeaders, type Webhook, type WebhookDelivery } from '../../api/client.ts'
import { when } from '../../format.ts'
import { Confirm, type Question } from '../../ui/confirm.tsx'
import { Button, TextField } from '../../ui/controls.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ListSection, usePages } from '../../ui/list.tsx'
import { SecretDialog } from '../../ui/secret.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import { wordsOf } from '../faults.tsx'
import { RefusedPage, useHeldTeam } from './layout.tsx'
import styles from './team.module.css'
import { EventBoxes, HOOK_EVENTS } from './webhooks.tsx'
import { isAdmin, refusalWords, triesWords } from './words.ts'

/** How often a list is read again in which something is under way. */
const FOLLOW_MS = 2_000
const LOOK_AGAIN_MS = 15_000

export function WebhookPage() {
  const team = useHeldTeam()
  const { webhook: id = '' } = useParams({ strict: false })
  const canSee = isAdmin(team.user_role)
  const hook = useQuery({
    queryKey: ['webhooks', id],
    enabled: canSee,
    queryFn: ({ signal }): Promise<Webhook> =>
      ask((api, limit) => api.GET('/v1/webhooks/{id}', { params: { path: { id } }, signal: limit }), signal),
  })
  if (!canSee) return <RefusedPage roles="owners and admins" />
  if (hook.error)
    return (
      <p role="alert" className={styles.fault}>
        {wordsOf(hook.error)}{' '}
        <Link to="/t/$team/webhooks" params={{ team: team.slug }}>
          Show all webhooks
        </Link>
      </p>
    )
  return hook.data ? <Hook hook={hook.data} /> : null
}

function Hook({ hook }: { hook: Webhook }) {
  const team = useHeldTeam()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [secret, setSecret] = useState<string | null>(null)
  const [question, setQuestion] = useState<Question | null>(null)
  const [isChanging, setChanging] = useState(false)
  const [said, setSaid] = useState('')
  const { fault, busy, attempt, clear } = useAttempt(refusalWords)
  const path = { id: hook.id }

  const refresh = async (): Promise<void> => {
    await queries.invalidateQueries({ queryKey: ['webhooks', hook.id] })
    await queries.invalidateQueries({ queryKey: ['teams', team.id, 'webhooks'] })
  }
  const change = async (body: Partial<Pick<Webhook, 'url' | 'events' | 'is_active'>>): Promise<void> => {
    await ask((api, signal) => api.PATCH('/v1/webhooks/{id}', { params: { path }, body, signal }))
    await refresh()
  }
  const sendTest = (): Promise<boolean> =>
    attempt(async () => {
      setSaid('')
      const delivery = await ask((api, signal) =>
        api.POST('/v1/webhooks/{id}/test', { params: { path }, signal }),
      )
      setSaid(
        delivery.status === 'delivered'
          ? `The test was answered ${delivery.response_status} in ${delivery.response_ms} ms.`
          : `The test was not delivered: ${delivery.response_status ?? delivery.response_body}.`,
      )
      await refresh()
    })
  const askToRotate = (): void =>
    setQuestion({
      title: 'Rotate the secret?',
      body: 'The secret so far signs nothing any more, at once. Give the new one to the receiver.',
      verb: 'Rotate secret',
      keep: 'Keep the secret',
      work: async () => {
        const rotated = await ask((api, signal) =>
          api.POST('/v1/webhooks/{id}/rotate-secret', { params: { path }, signal }),
        )
        setSecret(rotated.secret)
        await refresh()
      },
    })
  const askToRemove = (): void =>
    setQuestion({
      title: `Remove the webhook to ${new URL(hook.url).host}?`,
      body: 'Its deliveries go with it. What waits is not sent.',
      verb: 'Remove webhook',
      keep: 'Keep it',
      work: async () => {
        await ask((api, signal) => api.DELETE('/v1/webhooks/{id}', { params: { path }, signal }))
        await navigate({ to: '/t/$team/webhooks', params: { team: team.slug } })
        await queries.invalidateQueries({ queryKey: ['teams', team.id, 'webhooks'] })
      },
    })
  const save = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const body = {
      url: String(form.get('url')),
      events: HOOK_EVENTS.filter((name) => form.get(name) !== null),
    }
    if (await attempt(() => change(body))) setChanging(false)
  }

  return (
    <>
      <title>{`Webhook – ${team.name}`}</title>
      <section className={styles.hook} aria-label="Webhook">
        <div className={styles.main}>
          <Link to="/t/$team/webhooks" params={{ team: team.slug }}>
            All webhooks
          </Link>
          <h2>{hook.url}</h2>
          <p className={styles.small}>
            <span className={hook.is_active ? styles.on : styles.off}>
              {hook.is_active ? 'Active' : 'Off'}
            </span>
            {hook.events.join(', ')}
          </p>
        </div>
        <div className={styles.actions}>
          <Button look="primary" disabled={busy || !hook.is_active} onClick={sendTest}>
            Send test
          </Button>
          <Button
            onClick={() => {
              clear()
              setChanging(true)
            }}
          >
            Change
          </Button>
          <Button disabled={busy} onClick={() => attempt(() => change({ is_active: !hook.is_active }))}>
            {hook.is_active ? 'Switch off' : 'Switch on'}
          </Button>
          <Button onClick={askToRotate}>Rotate secret</Button>
          <Button onClick={askToRemove}>Remove</Button>
        </div>
        <p role="status" className={styles.small}>
          {said}
        </p>
        {fault && !isChanging ? (
          <p role="alert" className={styles.fault}>
            {fault}
          </p>
        ) : null}
      </section>
      <Deliveries hook={hook} />
      <Dialog open={isChanging} onClose={() => setChanging(false)} title="Change the webhook">
        <form className={styles.form} onSubmit={save}>
          <TextField
            label="Address"
            name="url"
            type="url"
            required
            autoFocus
            defaultValue={hook.url}
            error={fault}
          />
          <EventBoxes chosen={hook.events} />
          <div className={styles.actions}>
            <Button onClick={() => setChanging(false)}>Cancel</Button>
            <Button type="submit" look="primary" disabled={busy}>
              Save
            </Button>
          </div>
        </form>
      </Dialog>
      <Confirm question={question} onClose={() => setQuestion(null)} />
      <SecretDialog
        shown={secret === null ? null : { title: 'The new secret', label: 'Secret', secret }}
        onStored={() => setSecret(null)}
      />
    </>
  )
}

function Deliveries({ hook }: { hook: Webhook }) {
  const queries = useQueryClient()
  const [open, setOpen] = useState<string | null>(null)
  const { fault, busy, attempt } = useAttempt(refusalWords)
  const queryKey = ['webhooks', hook.id, 'deliveries']
  const pages = usePages<WebhookDelivery>(
    queryKey,
    (page, signal) =>
      askWithHeaders(
        (api, limit) =>
          api.GET('/v1/webhooks/{id}/deliveries', {
            params: { path: { id: hook.id }, query: page },
            signal: limit,
          }),
        signal,
      ),
    { followMs: (rows) => (rows.some(isUnderWay) ? FOLLOW_MS : LOOK_AGAIN_MS) },
  )
  const replay = ({ id }: WebhookDelivery): Promise<boolean> =>
    attempt(async () => {
      await ask((api, signal) =>
        api.POST('/v1/webhook-deliveries/{id}/retry', { params: { path: { id } }, signal }),
      )
      await queries.invalidateQueries({ queryKey })
    })

  return (
    <>
      {fault ? (
        <p role="alert" className={styles.fault}>
          {fault}
        </p>
      ) : null}
      <ListSection
        name="Deliveries"
        pages={pages}
        empty="Nothing was sent yet. Send a test, or render a film. Deliveries are kept for 30 days."
      >
        <ul className={styles.list}>
          {pages.rows?.map((delivery) => (
            <li key={delivery.id}>
              <div className={styles.line}>
                <button
                  type="button"
                  className={styles.opener}
                  aria-expanded={open === delivery.id}
                  onClick={() => setOpen(open === delivery.id ? null : delivery.id)}
                >
                  <span className={`${styles.time} tabular`} title={delivery.created_at}>
                    {when(Date.parse(delivery.created_at))}
                  </span>
                  <span className={styles.event}>{delivery.event_type}</span>
                  <span className={`${styles.status} tabular ${toneOf(delivery)}`}>
                    {delivery.response_status ?? (isUnderWay(delivery) ? '' : 'no answer')}
                  </span>
                  <span className={`${styles.ms} tabular`}>
                    {typeof delivery.response_ms === 'number' ? `${delivery.response_ms} ms` : ''}
                  </span>
                  <span className={styles.tries}>{triesWords(delivery)}</span>
                </button>
                {delivery.status === 'failed' ? (
                  <Button
                    disabled={busy || !hook.is_active}
                    aria-label={`Replay ${delivery.event_type} of ${when(Date.parse(delivery.created_at))}`}
                    onClick={() => replay(delivery)}
                  >
                    Replay
                  </Button>
                ) : null}
              </div>
              {open === delivery.id ? <Details delivery={delivery} /> : null}
            </li>
          ))}
        </ul>
      </ListSection>
    </>
  )
}

const isUnderWay = ({ status }: WebhookDelivery): boolean => status === 'pending' || status === 'attempting'

const toneOf = ({ status }: WebhookDelivery): string =>
  (status === 'delivered' ? styles.ok : status === 'failed' ? styles.bad : styles.warn) ?? ''

function Details({ delivery }: { delivery: WebhookDelivery }) {
  const headers = Object.entries(delivery.request_headers ?? {})
  return (
    <div className={styles.details}>
      <h3>Request</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys have to reach it */}
      <section tabIndex={0} aria-label="Headers of the request">
        <pre>
          {headers.length === 0
            ? 'Nothing was sent yet.'
            : headers.map(([name, value]) => `${name}: ${value}`).join('\n')}
        </pre>
      </section>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys have to reach it */}
      <section tabIndex={0} aria-label="Body of the request">
        <pre>{JSON.stringify(delivery.payload, null, 2)}</pre>
      </section>
      <h3>Response {delivery.response_status ?? ''}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys have to reach it */}
      <section tabIndex={0} aria-label="Response">
        <pre>{delivery.response_body || 'It is empty.'}</pre>
      </section>
    </div>
  )
}

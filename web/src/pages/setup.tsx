/** First start: the account of the operator, the studio's name, and the sample film on its way. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { WELCOME_STORYBOARD } from '../../../core/storyboard/welcome.ts'
import { ApiError, ask } from '../api/client.ts'
import { drawSample, playWhenThere } from '../first-film.ts'
import { projectsQuery, teamsQuery } from '../queries.ts'
import { callerQuery } from '../session.tsx'
import icon from '../styles/icon.svg'
import { Button, Field, TextField } from '../ui/controls.tsx'
import { Icon } from '../ui/icon.tsx'
import { wordsOf } from './faults.tsx'
import { set } from './film/settings.ts'
import styles from './setup.module.css'

const SHORTEST_PASSWORD = 10
const READY_EVERY_MS = 2_000

type Faults = { email?: string; password?: string; form?: string }

/** What is wrong with the form before anybody is asked. */
export function faultsOf({ email, password }: { email: string; password: string }): Faults {
  return {
    ...(/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)
      ? {}
      : { email: 'That does not look like an email address.' }),
    ...(password.length >= SHORTEST_PASSWORD
      ? {}
      : { password: `Use ${SHORTEST_PASSWORD} characters or more.` }),
  }
}

/** Why the link does nothing; null when it was something else. */
function linkFault(error: unknown): 'set-up' | 'expired' | null {
  if (!(error instanceof ApiError) || error.status !== 404) return null
  return /already has an operator/.test(error.message) ? 'set-up' : 'expired'
}

/** The token of the link, taken out of the address at once, so that it does not stay in the history. */
function useToken(): string {
  const [token] = useState(() => location.hash.slice(1))
  useEffect(() => {
    if (location.hash) history.replaceState(history.state, '', location.pathname)
  }, [])
  return token
}

/** `READY`, or what the server still waits for. */
async function readiness(signal: AbortSignal): Promise<string> {
  const response = await fetch('/ready', { signal })
  if (response.ok) return 'READY'
  const body = (await response.json().catch(() => null)) as { error?: { message?: string } } | null
  return body?.error?.message?.replace(/^Service unavailable: /, '') ?? 'the server is not ready yet'
}

function Checks() {
  const ready = useQuery({
    queryKey: ['ready'],
    queryFn: ({ signal }) => readiness(signal),
    refetchInterval: ({ state }) => (state.data === 'READY' ? false : READY_EVERY_MS),
    retry: false,
  })
  const isReady = ready.data === 'READY'
  return (
    <div className={styles.checks} role="status">
      {isReady || ready.isPending ? null : (
        <p>
          Starting up.{' '}
          {ready.data
            ? `${ready.data[0]?.toUpperCase()}${ready.data.slice(1)}.`
            : 'The server does not answer yet.'}
        </p>
      )}
      <ul>
        <li data-state={isReady ? 'ok' : 'open'}>
          <Icon name={isReady ? 'check' : 'diamond'} size={12} />
          {isReady ? 'Database ready' : 'Database not ready yet'}
        </li>
        <li data-state={isReady ? 'ok' : 'open'}>
          <Icon name={isReady ? 'check' : 'diamond'} size={12} />
          {isReady ? 'Server ready' : 'Server not ready yet'}
        </li>
        <li data-state="open">
          <Icon name="diamond" size={12} />
          Animatics work without a GPU
        </li>
      </ul>
    </div>
  )
}

export function SetupPage() {
  const token = useToken()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const [faults, setFaults] = useState<Faults>({})
  const [dead, setDead] = useState<'set-up' | 'expired' | 'none' | null>(token === '' ? 'none' : null)
  const [busy, setBusy] = useState<string | null>(null)
  const [isShown, setShown] = useState(false)

  /** Signed in by now: names the studio, has the sample drawn, and opens it. */
  const enter = async (studioName: string): Promise<void> => {
    setBusy('Making the studio')
    await queries.fetchQuery({ ...callerQuery, staleTime: 0 })
    let [team] = await queries.fetchQuery({ ...teamsQuery, staleTime: 0 })
    if (!team) return void (await navigate({ to: '/' }))
    if (studioName !== '') {
      const { id } = team
      team = await ask((api, signal) =>
        api.PATCH('/v1/teams/{id}', { params: { path: { id } }, body: { name: studioName }, signal }),
      )
      await queries.fetchQuery({ ...teamsQuery, staleTime: 0 })
    }
    const [sample] = await queries.fetchQuery({ ...projectsQuery(team.id, false), staleTime: 0 })
    if (!sample) return void (await navigate({ to: '/t/$team', params: { team: team.slug } }))
    // Without an engine there is still a studio: the editor says what is missing.
    const job = await drawSample(sample).catch(() => null)
    if (job) {
      playWhenThere(job.id)
      set({ muted: true, captions: true })
    }
    await navigate({
      to: '/t/$team/p/$project',
      params: { team: team.slug, project: sample.id },
      search: {},
    })
  }

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const data = new FormData(event.currentTarget)
    const text = (name: string): string => String(data.get(name)).trim()
    const [email, password] = [text('email'), String(data.get('password'))]
    const found = faultsOf({ email, password })
    setFaults(found)
    const [first] = Object.keys(found)
    if (first) {
      form.current?.querySelector<HTMLInputElement>(`[name="${first}"]`)?.focus()
      return
    }
    setBusy('Making the account')
    try {
      await ask((api, signal) =>
        api.POST('/v1/auth/setup', {
          body: { token, email, password, name: text('name') || null },
          signal,
        }),
      )
      await enter(text('studio'))
    } catch (error) {
      const why = linkFault(error)
      if (why) setDead(why)
      else setFaults({ form: wordsOf(error) })
      setBusy(null)
    }
  }

  return (
    <main className={styles.page}>
      <title>Set up this studio – Framecast</title>
      <p className={styles.brand}>
        <img src={icon} alt="" />
        Framecast
      </p>
      <div className={styles.card}>
        <section className={styles.form}>
          <h1>Set up this studio</h1>
          {dead ? (
            <div role="alert" className={styles.dead}>
              {dead === 'set-up' ? (
                <>
                  <p>This studio already has an operator.</p>
                  <Link to="/sign-in" className={styles.signIn}>
                    Sign in
                  </Link>
                </>
              ) : dead === 'expired' ? (
                <p>
                  This set-up link has expired. Run <code>framecast admin user</code> on the server for a new
                  one.
                </p>
              ) : (
                <p>Open the whole link that the server printed when it started. It goes on after the #.</p>
              )}
            </div>
          ) : (
            <form ref={form} noValidate onSubmit={submit}>
              <TextField label="Your name" name="name" autoComplete="name" maxLength={100} autoFocus />
              <TextField
                label="Email"
                name="email"
                type="email"
                autoComplete="username"
                maxLength={255}
                error={faults.email}
              />
              <Field
                label="Password"
                hint={`${SHORTEST_PASSWORD} characters or more`}
                error={faults.password}
              >
                {(ties) => (
                  <span className={styles.password}>
                    <input
                      {...ties}
                      name="password"
                      type={isShown ? 'text' : 'password'}
                      autoComplete="new-password"
                      maxLength={200}
                    />
                    <button
                      type="button"
                      aria-label={isShown ? 'Hide the password' : 'Show the password'}
                      aria-pressed={isShown}
                      onClick={() => setShown(!isShown)}
                    >
                      <Icon name="eye" />
                    </button>
                  </span>
                )}
              </Field>
              <TextField label="Studio name" name="studio" autoComplete="organization" maxLength={100} />
              {faults.form ? (
                <p role="alert" className={styles.fault}>
                  {faults.form}
                </p>
              ) : null}
              <Button type="submit" look="primary" disabled={busy !== null}>
                {busy ?? 'Create the operator'}
              </Button>
            </form>
          )}
          <Checks />
        </section>
        <section className={styles.sample} aria-label="The sample film">
          <ol>
            {WELCOME_STORYBOARD.scenes.map((scene, at) => (
              <li key={scene.id}>
                <b>
                  {String(at + 1).padStart(2, '0')} {scene.id}
                  <span className="tabular">{scene.duration} s</span>
                </b>
                {String(scene.prompt)}
              </li>
            ))}
          </ol>
          <p>This text becomes your first film, and plays in a moment. No GPU is used.</p>
        </section>
      </div>
    </main>
  )
}

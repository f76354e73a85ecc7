/** One's name, email and password, and the end of the account. */
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ApiError, ask } from '../../api/client.ts'
import { connection } from '../../live/connection.ts'
import { callerQuery, useCaller } from '../../session.tsx'
import { Confirm, type Question } from '../../ui/confirm.tsx'
import { Button, TextField } from '../../ui/controls.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import styles from '../team/team.module.css'
import { accountWords } from './words.ts'

const MIN_PASSWORD = 10

export function YouPage() {
  return (
    <>
      <title>Account – Framecast</title>
      <About />
      <Password />
      <End />
    </>
  )
}

function About() {
  const { user } = useCaller()
  const queries = useQueryClient()
  const { fault, busy, attempt } = useAttempt(accountWords)
  const [said, setSaid] = useState('')
  const save = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const name = String(new FormData(event.currentTarget).get('name')).trim()
    setSaid('')
    const isSaved = await attempt(async () => {
      await ask((api, signal) =>
        api.PATCH('/v1/account', { body: { name: name === '' ? null : name }, signal }),
      )
      await queries.invalidateQueries({ queryKey: callerQuery.queryKey })
      await queries.invalidateQueries({ queryKey: ['teams'] })
    })
    if (isSaved) setSaid('Saved.')
  }
  return (
    <form className={styles.settings} aria-label="About you" onSubmit={save}>
      <h2>About you</h2>
      <TextField
        label="Name"
        hint="Others see it"
        name="name"
        autoComplete="name"
        maxLength={100}
        defaultValue={user.name ?? ''}
        error={fault}
      />
      <TextField label="Email" hint="Cannot be changed" value={user.email} readOnly />
      <div className={styles.actions}>
        <Button type="submit" look="primary" disabled={busy}>
          Save
        </Button>
        <span role="status">{said}</span>
      </div>
    </form>
  )
}

function Password() {
  const { fault, busy, attempt } = useAttempt(accountWords)
  const [wrong, setWrong] = useState<'current' | 'new' | null>(null)
  const [said, setSaid] = useState('')
  const change = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const target = event.currentTarget
    const form = new FormData(target)
    setSaid('')
    const isChanged = await attempt(
      () =>
        ask((api, signal) =>
          api.POST('/v1/auth/password', {
            body: {
              current_password: String(form.get('current')),
              new_password: String(form.get('new')),
            },
            signal,
          }),
        ),
      (error) => {
        setWrong(error instanceof ApiError && error.status === 400 ? 'new' : 'current')
        return accountWords(error)
      },
    )
    if (!isChanged) return
    setWrong(null)
    target.reset()
    setSaid('The password is changed. Every other session has ended.')
  }
  return (
    <form className={styles.settings} aria-label="Password" onSubmit={change}>
      <h2>Password</h2>
      <TextField
        label="Password so far"
        name="current"
        type="password"
        autoComplete="current-password"
        required
        error={wrong === 'current' ? fault : undefined}
      />
      <TextField
        label="New password"
        hint={`${MIN_PASSWORD} characters or more`}
        name="new"
        type="password"
        autoComplete="new-password"
        minLength={MIN_PASSWORD}
        maxLength={200}
        required
        error={wrong === 'new' ? fault : undefined}
      />
      <div className={styles.actions}>
        <Button type="submit" disabled={busy}>
          Change the password
        </Button>
        <span role="status">{said}</span>
      </div>
    </form>
  )
}

function End() {
  const { user } = useCaller()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [question, setQuestion] = useState<Question | null>(null)
  const askToDelete = (): void =>
    setQuestion({
      title: `Delete the account of ${user.name ?? user.email}?`,
      body: 'Your sessions and keys end now. Personal films and files go after 30 days; what you made for teams stays with them, without your name.',
      verb: 'Delete account',
      keep: 'Keep it',
      words: accountWords,
      work: async () => {
        await ask((api, signal) => api.DELETE('/v1/account', { signal }))
        connection.close()
        queries.clear()
        await navigate({ to: '/sign-in', search: {} })
      },
    })
  return (
    <section className={styles.settings} aria-label="Delete the account">
      <h2>Delete the account</h2>
      <p>
        Your personal renders stop, and your keys and sessions end. Whoever is the only owner of a team names
        another owner first, or deletes the team.
      </p>
      <div className={styles.actions}>
        <Button onClick={askToDelete}>Delete account</Button>
      </div>
      <Confirm question={question} onClose={() => setQuestion(null)} />
    </section>
  )
}

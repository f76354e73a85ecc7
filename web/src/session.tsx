/** Who is signed in, and what happens when that ends while somebody works. */
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ApiError, ask, type Caller, Offline } from './api/client.ts'
import { Button, TextField } from './ui/controls.tsx'

/** Null: nobody is signed in. */
export const callerQuery = queryOptions({
  queryKey: ['caller'],
  queryFn: async ({ signal }): Promise<Caller | null> => {
    try {
      return await ask(
        (api, limit) =>
          api.GET('/v1/auth/whoami', { params: { query: { include: 'operator' } }, signal: limit }),
        signal,
      )
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null
      throw error
    }
  },
  staleTime: 60_000,
})

/** The person at this screen; only for pages behind the sign-in. Stays the same while a session that ended is renewed. */
export function useCaller(): Caller {
  const { data } = useQuery(callerQuery)
  const [last, setLast] = useState(data)
  if (data && data !== last) setLast(data)
  const caller = data ?? last
  if (!caller) throw new Error('nobody is signed in')
  return caller
}

/** Words for a refusal of signing in. */
function wordsFor(error: unknown): string {
  if (error instanceof Offline) return 'Framecast could not be reached. Try again in a moment.'
  if (error instanceof ApiError && error.status === 429)
    return 'Too many tries. Wait a few minutes and try again.'
  if (error instanceof ApiError && error.status === 401) return 'Email or password is not right.'
  return error instanceof Error ? error.message : String(error)
}

/** Email, password and the one button; used by the page and by the dialog over a page whose session ended. */
export function SignInForm({ onDone }: { onDone: () => void }) {
  const queries = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<string>()

  const signIn = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setFault(undefined)
    try {
      await ask((api, signal) =>
        api.POST('/v1/auth/login', {
          body: { email: String(form.get('email')), password: String(form.get('password')) },
          signal,
        }),
      )
      await queries.fetchQuery({ ...callerQuery, staleTime: 0 })
      await queries.invalidateQueries()
      onDone()
    } catch (error) {
      setFault(wordsFor(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <form onSubmit={signIn} style={{ display: 'grid', gap: 16 }}>
      <TextField label="Email" name="email" type="email" autoComplete="username" required autoFocus />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
        error={fault}
      />
      <Button type="submit" look="primary" disabled={busy}>
        {busy ? 'Signing in' : 'Sign in'}
      </Button>
    </form>
  )
}

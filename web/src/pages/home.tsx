/** For somebody without a team: films are made in one. */
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ask, type Team } from '../api/client.ts'
import { queries, teamsQuery } from '../queries.ts'
import { useCaller } from '../session.tsx'
import { Button, TextField } from '../ui/controls.tsx'
import { wordsOf } from './faults.tsx'
import styles from './sign-in.module.css'

/** Becoming a creator brings a first team along; without one a team is made. */
async function nameTeam(name: string): Promise<Team> {
  const [first] = await queries.fetchQuery({ ...teamsQuery, staleTime: 0 })
  return ask((api, signal) =>
    first
      ? api.PATCH('/v1/teams/{id}', { params: { path: { id: first.id } }, body: { name }, signal })
      : api.POST('/v1/teams', { body: { name }, signal }),
  )
}

export function HomePage() {
  const caller = useCaller()
  const navigate = useNavigate()
  const [fault, setFault] = useState<string>()
  const [busy, setBusy] = useState(false)

  const makeTeam = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const name = String(new FormData(event.currentTarget).get('name')).trim()
    setBusy(true)
    setFault(undefined)
    try {
      if (caller.user.tier === 'starter')
        await ask((api, signal) =>
          api.POST('/v1/account/upgrade', { body: { target_tier: 'creator' }, signal }),
        )
      const team = await nameTeam(name)
      await queries.invalidateQueries()
      await queries.fetchQuery({ ...teamsQuery, staleTime: 0 })
      await navigate({ to: '/t/$team', params: { team: team.slug } })
    } catch (error) {
      setFault(wordsOf(error))
      setBusy(false)
    }
  }

  return (
    <main className={styles.page}>
      <title>Framecast</title>
      <form className={styles.card} onSubmit={makeTeam}>
        <h1 className={styles.brand}>Name your studio</h1>
        <TextField label="Studio name" name="name" required maxLength={100} autoFocus error={fault} />
        <Button type="submit" look="primary" disabled={busy}>
          Make the studio
        </Button>
      </form>
    </main>
  )
}

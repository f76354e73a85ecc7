/** Where one is signed in, and ending that. */
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ask, askWithHeaders, type Session } from '../../api/client.ts'
import { when } from '../../format.ts'
import { Confirm, type Question } from '../../ui/confirm.tsx'
import { Button } from '../../ui/controls.tsx'
import { ListSection, usePages } from '../../ui/list.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import styles from '../team/team.module.css'

export function SessionsPage() {
  const queries = useQueryClient()
  const [question, setQuestion] = useState<Question | null>(null)
  const { fault, busy, attempt } = useAttempt()
  const pages = usePages<Session>(['sessions'], (page, signal) =>
    askWithHeaders(
      (api, limit) => api.GET('/v1/auth/sessions', { params: { query: page }, signal: limit }),
      signal,
    ),
  )
  const current = pages.rows?.find((session) => session.is_current)
  const others = pages.rows?.filter((session) => !session.is_current) ?? []
  const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: ['sessions'] })

  const end = (session: Session): Promise<boolean> =>
    attempt(async () => {
      await ask((api, signal) =>
        api.DELETE('/v1/auth/sessions/{id}', { params: { path: { id: session.id } }, signal }),
      )
      await refresh()
    })
  const askToEndOthers = (): void =>
    setQuestion({
      title: 'End all other sessions?',
      body: 'Every other browser and program that is signed in as you has to sign in again. This one stays.',
      verb: 'End all others',
      keep: 'Keep them',
      work: async () => {
        await ask((api, signal) => api.DELETE('/v1/auth/sessions', { signal }))
        await refresh()
      },
    })

  return (
    <>
      <title>Sessions – Framecast</title>
      {fault ? (
        <p role="alert" className={styles.fault}>
          {fault}
        </p>
      ) : null}
      <ListSection name="This browser" pages={pages} isEmpty={false} empty="">
        <ul className={styles.list}>
          {current ? (
            <li className={styles.line}>
              <span className={styles.main}>
                {current.device}
                <small>{factsOf(current)}</small>
              </span>
              <span className={styles.on}>Now</span>
            </li>
          ) : (
            <li className={styles.line}>You signed in with another issuer.</li>
          )}
        </ul>
      </ListSection>
      <ListSection
        name="Others"
        pages={pages}
        isEmpty={pages.rows !== undefined && others.length === 0 && !pages.hasNextPage}
        empty="You are signed in nowhere else."
        action={others.length > 0 ? <Button onClick={askToEndOthers}>End all others</Button> : null}
      >
        <ul className={styles.list}>
          {others.map((session) => (
            <li key={session.id} className={styles.line}>
              <span className={styles.main}>
                {session.device}
                <small>{factsOf(session)}</small>
              </span>
              <Button
                disabled={busy}
                aria-label={`End the session of ${session.device}`}
                onClick={() => end(session)}
              >
                End
              </Button>
            </li>
          ))}
        </ul>
      </ListSection>
      <Confirm question={question} onClose={() => setQuestion(null)} />
    </>
  )
}

const factsOf = ({ created_at, last_seen_at, address }: Session): string =>
  [
    `Last seen ${when(Date.parse(last_seen_at))}`,
    `signed in ${when(Date.parse(created_at))}`,
    ...(address === null ? [] : [`from ${address}`]),
  ].join(', ')

/** One's own API keys. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { type ApiKey, ask, askWithHeaders } from '../../api/client.ts'
import { teamsQuery } from '../../queries.ts'
import { useCaller } from '../../session.tsx'
import { Confirm, type Question } from '../../ui/confirm.tsx'
import { Button, Field, TextField } from '../../ui/controls.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ListSection, usePages } from '../../ui/list.tsx'
import { SecretDialog } from '../../ui/secret.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import styles from '../team/team.module.css'
import { accountWords, keyWords, SCOPES, STARTER_SCOPES } from './words.ts'

export function KeysPage() {
  const queries = useQueryClient()
  const [isMaking, setMaking] = useState(false)
  const [rawKey, setRawKey] = useState<string | null>(null)
  const [question, setQuestion] = useState<Question | null>(null)
  const pages = usePages<ApiKey>(['keys'], (page, signal) =>
    askWithHeaders(
      (api, limit) => api.GET('/v1/auth/keys', { params: { query: page }, signal: limit }),
      signal,
    ),
  )
  const live = pages.rows?.filter((key) => key.revoked_at === null) ?? []
  const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: ['keys'] })
  const askToRevoke = (key: ApiKey): void =>
    setQuestion({
      title: `Revoke “${key.name}”?`,
      body: 'Programs that use it are refused from now on. What they made stays.',
      verb: 'Revoke',
      keep: 'Keep the key',
      work: async () => {
        await ask((api, signal) =>
          api.DELETE('/v1/auth/keys/{id}', { params: { path: { id: key.id } }, signal }),
        )
        await refresh()
      },
    })

  return (
    <>
      <title>API keys – Framecast</title>
      <ListSection
        name="API keys"
        pages={pages}
        isEmpty={pages.rows !== undefined && live.length === 0 && !pages.hasNextPage}
        empty="A key lets a program render for you."
        action={
          <Button look="primary" icon="plus" onClick={() => setMaking(true)}>
            Make a key
          </Button>
        }
      >
        <ul className={styles.list}>
          {live.map((key) => (
            <li key={key.id} className={styles.line}>
              <span className={styles.main}>
                {key.name}
                <small>{keyWords(key)}</small>
                <small>{key.scopes.includes('*') ? 'Everything you may do' : key.scopes.join(', ')}</small>
              </span>
              <Button aria-label={`Revoke ${key.name}`} onClick={() => askToRevoke(key)}>
                Revoke
              </Button>
            </li>
          ))}
        </ul>
      </ListSection>
      {isMaking ? (
        <MakeKey
          onClose={() => setMaking(false)}
          onMade={async (made) => {
            setMaking(false)
            setRawKey(made)
            await refresh()
          }}
        />
      ) : null}
      <SecretDialog
        shown={rawKey === null ? null : { title: 'The key is made', label: 'Key', secret: rawKey }}
        onStored={() => setRawKey(null)}
      />
      <Confirm question={question} onClose={() => setQuestion(null)} />
    </>
  )
}

function MakeKey({ onClose, onMade }: { onClose: () => void; onMade: (rawKey: string) => Promise<void> }) {
  const { user } = useCaller()
  const isStarter = user.tier === 'starter'
  const { data: teams = [] } = useQuery({ ...teamsQuery, enabled: !isStarter })
  const [isEverything, setEverything] = useState(!isStarter)
  const { fault, busy, attempt } = useAttempt(accountWords)

  const make = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const owner = String(form.get('owner') ?? '')
    const end = String(form.get('end'))
    await attempt(async () => {
      const made = await ask((api, signal) =>
        api.POST('/v1/auth/keys', {
          body: {
            name: String(form.get('name')),
            ...(owner === '' ? {} : { owner }),
            scopes: isEverything ? ['*'] : SCOPES.map(([scope]) => scope).filter((scope) => form.has(scope)),
            // The end of that day, where the person is.
            ...(end === '' ? {} : { expires_at: new Date(`${end}T23:59:59`).toISOString() }),
          },
          signal,
        }),
      )
      await onMade(made.raw_key)
    })
  }

  return (
    <Dialog open onClose={onClose} title="Make a key">
      <form className={styles.form} onSubmit={make}>
        <TextField label="Name" name="name" required maxLength={100} autoFocus error={fault} />
        {teams.length > 0 ? (
          <Field label="Renders for">
            {(ties) => (
              <select {...ties} name="owner" defaultValue="">
                <option value="">You alone</option>
                {teams
                  .filter((team) => team.user_role !== 'viewer')
                  .map((team) => (
                    <option key={team.id} value={`framecast:team:${team.id}`}>
                      {team.name}
                    </option>
                  ))}
              </select>
            )}
          </Field>
        ) : null}
        <TextField label="Ends after" hint="Empty: it does not end by itself" name="end" type="date" />
        <fieldset className={styles.scopes}>
          <legend>It may</legend>
          {isStarter ? null : (
            <label>
              <input
                type="checkbox"
                checked={isEverything}
                onChange={(event) => setEverything(event.target.checked)}
              />
              Do everything you may do
            </label>
          )}
          {isEverything
            ? null
            : SCOPES.slice(0, isStarter ? STARTER_SCOPES : undefined).map(([scope, words]) => (
                <label key={scope}>
                  <input
                    type="checkbox"
                    name={scope}
                    defaultChecked={scope === 'generate' || scope === 'jobs:read'}
                  />
                  <span>
                    {words} <code>{scope}</code>
                  </span>
                </label>
              ))}
        </fieldset>
        <div className={styles.actions}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={busy}>
            Make key
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

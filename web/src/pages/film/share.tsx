/** Links by which a render is watched without an account: made, copied, ended. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '../../api/client.ts'
import { Button, Field, IconButton } from '../../ui/controls.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { SecretDialog } from '../../ui/secret.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import { wordsOf } from '../faults.tsx'
import styles from './share.module.css'

const HOUR_S = 3_600
const TERMS = [
  { seconds: HOUR_S, words: '1 hour' },
  { seconds: 24 * HOUR_S, words: '1 day' },
  { seconds: 7 * 24 * HOUR_S, words: '7 days' },
]

/** `26 November, 19:05` */
const until = (time: string): string =>
  new Date(time).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'long',
    hour: '2-digit',
    minute: '2-digit',
  })

/** Opens the links of one render. */
export function Share({ jobId }: { jobId: string }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <IconButton icon="share" label="Let others watch" onClick={() => setOpen(true)} />
      {isOpen ? <Links jobId={jobId} onClose={() => setOpen(false)} /> : null}
    </>
  )
}

function Links({ jobId, onClose }: { jobId: string; onClose: () => void }) {
  const queries = useQueryClient()
  const queryKey = ['watch-links', jobId]
  const path = { id: jobId }
  const links = useQuery({
    queryKey,
    queryFn: ({ signal }) =>
      ask((api, limit) => api.GET('/v1/jobs/{id}/watch-links', { params: { path }, signal: limit }), signal),
  })
  const [seconds, setSeconds] = useState(24 * HOUR_S)
  const [made, setMade] = useState<string | null>(null)
  const { fault, busy, attempt } = useAttempt()
  const open = links.data?.filter(
    (link) => link.revoked_at === null && Date.parse(link.expires_at) > Date.now(),
  )

  const make = (): Promise<boolean> =>
    attempt(async () => {
      const { url } = await ask((api, signal) =>
        api.POST('/v1/jobs/{id}/watch-links', {
          params: { path },
          body: { expires_in: seconds },
          signal,
        }),
      )
      setMade(url)
      await queries.invalidateQueries({ queryKey })
    })
  const end = (linkId: string): Promise<boolean> =>
    attempt(async () => {
      await ask((api, signal) =>
        api.DELETE('/v1/jobs/{id}/watch-links/{link_id}', {
          params: { path: { ...path, link_id: linkId } },
          signal,
        }),
      )
      await queries.invalidateQueries({ queryKey })
    })
  if (made !== null)
    return (
      <SecretDialog
        shown={{ title: 'A link to watch this render', label: 'Link', secret: made }}
        onStored={() => setMade(null)}
      />
    )
  return (
    <Dialog
      open
      onClose={onClose}
      title="Let others watch"
      actions={<Button onClick={onClose}>Close</Button>}
    >
      <p>Whoever has a link sees this render and its film, without an account, and nothing else.</p>
      <div className={styles.make}>
        <Field label="The link ends after">
          {(ties) => (
            <select {...ties} value={seconds} onChange={({ target }) => setSeconds(Number(target.value))}>
              {TERMS.map((term) => (
                <option key={term.seconds} value={term.seconds}>
                  {term.words}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Button look="primary" disabled={busy} onClick={make}>
          Make a link
        </Button>
      </div>
      {fault || links.error ? (
        <p role="alert" className={styles.fault}>
          {fault ?? wordsOf(links.error)}
        </p>
      ) : null}
      {open && open.length > 0 ? (
        <ul className={styles.links} aria-label="Links that are open">
          {open.map((link) => (
            <li key={link.id}>
              Until {until(link.expires_at)}
              <Button
                disabled={busy}
                aria-label={`End the link until ${until(link.expires_at)}`}
                onClick={() => end(link.id)}
              >
                End
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
    </Dialog>
  )
}

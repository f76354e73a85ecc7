/** The strip that says that the server is away or has had enough for now, and what became of the edits once it is back. */
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { held } from '../api/client.ts'
import { count } from '../format.ts'
import { connection } from './connection.ts'
import styles from './strip.module.css'
import { waitingEdits } from './waiting-edits.ts'

const BACK_FOR_MS = 4_000

/** Whole seconds until `at`, counting down; null while there is nothing to wait for. */
function useSecondsTo(at: number | null): number | null {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (at === null) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [at])
  return at === null ? null : Math.max(1, Math.ceil((at - now) / 1_000))
}

/** Words on the return, for a few seconds, as soon as all that was typed meanwhile is saved. */
function useBackWords(isLost: boolean): string | null {
  const waiting = useSyncExternalStore(waitingEdits.subscribe, waitingEdits.get)
  const [words, setWords] = useState<string | null>(null)
  const owed = useRef<{ edits: number } | null>(null)
  useEffect(() => {
    if (isLost) {
      owed.current = { edits: Math.max(owed.current?.edits ?? 0, waiting) }
      setWords(null)
    } else if (owed.current && waiting === 0) {
      const { edits } = owed.current
      owed.current = null
      setWords(edits === 0 ? 'Back online.' : `Back online. Saved ${count(edits, 'edit')}.`)
    }
  }, [isLost, waiting])
  useEffect(() => {
    if (words === null) return
    const timer = setTimeout(() => setWords(null), BACK_FOR_MS)
    return () => clearTimeout(timer)
  }, [words])
  return words
}

export function ConnectionStrip() {
  const { kind, retryAt } = useSyncExternalStore(connection.onLink, connection.link)
  const isLost = kind === 'lost'
  const seconds = useSecondsTo(isLost ? retryAt : null)
  const heldUntil = useSyncExternalStore(held.subscribe, held.get)
  const heldSeconds = useSecondsTo(isLost ? null : heldUntil)
  const back = useBackWords(isLost)
  // The live region stays, so that what changes in it is read out; the countdown is not.
  return (
    <div role="status" className={styles.holder}>
      {isLost ? (
        <p className={styles.strip}>
          <span>
            No connection to Framecast.{' '}
            <span aria-hidden="true" className="tabular">
              {seconds === null ? 'Trying now. ' : `Trying again in ${seconds} s. `}
            </span>
            Your edits are safe in this browser.
          </span>
          <button type="button" onClick={connection.retry}>
            Try now
          </button>
        </p>
      ) : heldUntil !== null ? (
        <p className={styles.strip}>
          <span>
            Too many requests.{' '}
            <span aria-hidden="true" className="tabular">
              Going on in {heldSeconds} s.
            </span>
          </span>
        </p>
      ) : back ? (
        <p className={styles.strip} data-back>
          {back}
        </p>
      ) : null}
    </div>
  )
}

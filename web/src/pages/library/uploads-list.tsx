/** What is on its way, and what did not get there. */
import { Link } from '@tanstack/react-router'
import { useEffect, useSyncExternalStore } from 'react'
import { count } from '../../format.ts'
import { Button } from '../../ui/controls.tsx'
import styles from '../library.module.css'
import type { Sending, Uploads } from './uploads.ts'

function Line({ sending, uploads }: { sending: Sending; uploads: Uploads }) {
  const { id, name, state, share, words } = sending
  const isMoving = state === 'waiting' || state === 'sending' || state === 'checking'
  return (
    <li>
      <span className={styles.fileName}>{name}</span>
      {isMoving ? (
        <>
          <span
            className={styles.track}
            role="progressbar"
            aria-label={`Uploading ${name}`}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.floor(share * 100)}
          >
            <i style={{ width: `${share * 100}%` }} />
          </span>
          <span className={`${styles.small} tabular`}>
            {state === 'waiting'
              ? 'Waiting'
              : state === 'checking'
                ? 'Looking into it'
                : `${Math.floor(share * 100)} %`}
          </span>
        </>
      ) : (
        <>
          <span className={styles.bad} role="alert">
            {words}
          </span>
          {state === 'lost' ? <Button onClick={() => uploads.goOn(id)}>Go on</Button> : null}
          {state === 'full' ? (
            <Link to="." search={(old) => ({ ...old, unused: 1 as const })}>
              Show unused
            </Link>
          ) : null}
          <Button look="plain" onClick={() => uploads.dismiss(id)}>
            Dismiss
          </Button>
        </>
      )}
    </li>
  )
}

export function UploadsList({ uploads }: { uploads: Uploads }) {
  const list = useSyncExternalStore(uploads.subscribe, uploads.list)
  const isOnline = useSyncExternalStore(
    (listener) => {
      addEventListener('online', listener)
      addEventListener('offline', listener)
      return () => {
        removeEventListener('online', listener)
        removeEventListener('offline', listener)
      }
    },
    () => navigator.onLine,
  )
  useEffect(() => {
    if (isOnline) uploads.resume()
    else uploads.pause()
  }, [isOnline, uploads])
  if (list.length === 0) return null
  const waiting = list.filter(({ state }) => state === 'waiting').length
  return (
    <section className={styles.uploads} aria-label="Uploads">
      <h2>Uploads</h2>
      {!isOnline && waiting > 0 ? (
        <p role="status">
          {count(waiting, 'upload')} {waiting === 1 ? 'waits' : 'wait'} for the connection.
        </p>
      ) : null}
      <ul>
        {list.map((sending) => (
          <Line key={sending.id} sending={sending} uploads={uploads} />
        ))}
      </ul>
    </section>
  )
}

/** Pages that could not be shown. */
import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router'
import { ApiError, Offline } from '../api/client.ts'
import { Button } from '../ui/controls.tsx'
import styles from './faults.module.css'

export function NotFound() {
  return (
    <main className={styles.page}>
      <h1>There is nothing here, or you may not see it.</h1>
      <Link to="/">Go to your projects</Link>
    </main>
  )
}

/** What happened in words, for anything that was thrown. */
export function wordsOf(error: unknown): string {
  if (error instanceof Offline) return 'Framecast could not be reached.'
  if (error instanceof ApiError && error.status === 404)
    return 'There is nothing here, or you may not see it.'
  return error instanceof Error ? error.message : String(error)
}

export function PageFault({ error }: Pick<ErrorComponentProps, 'error'>) {
  const router = useRouter()
  return (
    <main className={styles.page} role="alert">
      <h1>{wordsOf(error)}</h1>
      <Button onClick={() => router.invalidate()}>Try again</Button>
      {error instanceof ApiError && error.requestId ? (
        <p className={styles.small}>
          {error.code}, request {error.requestId}
        </p>
      ) : null}
    </main>
  )
}

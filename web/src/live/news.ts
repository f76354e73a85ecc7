/** Whether the end of a render is news to the person at this screen. */
import { useEffect, useState } from 'react'
import { isOver, type LiveJob } from './progress.ts'

/**
 * News is what ended while this tab looked on, and a failure whenever it is found, since somebody has to act on it.
 * @returns whether it is news, and how to take note of it
 */
export function useNews(job: LiveJob | undefined): [isNews: boolean, dismiss: () => void] {
  const [watched, setWatched] = useState<string | null>(null)
  const [dismissed, setDismissed] = useState<string | null>(null)
  const running = job && !isOver(job) ? job.id : null
  useEffect(() => {
    if (running) setWatched(running)
  }, [running])
  const isNews =
    job !== undefined &&
    isOver(job) &&
    job.id !== dismissed &&
    (job.id === watched || (job.status === 'failed' && dismissed === null))
  return [isNews, () => setDismissed(job?.id ?? null)]
}

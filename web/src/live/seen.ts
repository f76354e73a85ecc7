/** The last event that this tab has seen of each job, kept for as long as the tab is there: a reload goes on from it. */
import { noted, type Seen, seenUpTo } from './sequence.ts'

const key = (jobId: string): string => `framecast.seen.${jobId}`
const seenOf = new Map<string, Seen>()

/** Undefined when nothing was seen yet. */
export function seen(jobId: string): Seen | undefined {
  const known = seenOf.get(jobId)
  if (known) return known
  const kept = Number(sessionStorage.getItem(key(jobId)) ?? Number.NaN)
  return Number.isSafeInteger(kept) ? seenUpTo(kept) : undefined
}

export function remember(jobId: string, next: Seen): void {
  seenOf.set(jobId, next)
  try {
    sessionStorage.setItem(key(jobId), String(next.upTo))
  } catch {
    // Storage is closed to us: a reload reads the job, and that is all there is to it.
  }
}

export function forget(jobId: string): void {
  seenOf.delete(jobId)
  sessionStorage.removeItem(key(jobId))
}

/** Takes note of an event; false when it is known. */
export function note(jobId: string, sequence: number): boolean {
  const { seen: next, isRepeat } = noted(seen(jobId), sequence)
  if (!isRepeat) remember(jobId, next)
  return !isRepeat
}

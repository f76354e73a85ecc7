/** Which events of a job this tab has seen, so that repeats are left out and a gap is asked for. Pure. */

export type Seen = {
  /** Every event up to this number is known. */
  upTo: number
  /** Known beyond it, while some before are missing. */
  beyond: ReadonlySet<number>
}

export const seenUpTo = (upTo: number): Seen => ({ upTo, beyond: new Set() })

/**
 * Takes note of an event.
 * @param seen undefined before the first event: what came before it is in the job as it was read
 */
export function noted(seen: Seen | undefined, sequence: number): { seen: Seen; isRepeat: boolean } {
  if (!seen) return { seen: seenUpTo(sequence), isRepeat: false }
  if (sequence <= seen.upTo || seen.beyond.has(sequence)) return { seen, isRepeat: true }
  const beyond = new Set(seen.beyond).add(sequence)
  let { upTo } = seen
  while (beyond.delete(upTo + 1)) upTo += 1
  return { seen: { upTo, beyond }, isRepeat: false }
}

export const hasGap = (seen: Seen): boolean => seen.beyond.size > 0

/** What was left out on purpose, or is not kept any more: as good as seen. */
export const withoutGap = (seen: Seen): Seen => seenUpTo(Math.max(seen.upTo, ...seen.beyond))

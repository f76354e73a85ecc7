/** How often pictures change: a tab for which the server has to leave out reports, again and again, gets too many. */

const WITHIN_MS = 60_000
const MOST = 3

/** The times of the last reports that were left out, with one more; those of more than a minute ago count no longer. Pure. */
export const withLag = (times: readonly number[], now: number): number[] => [
  ...times.filter((time) => now - time < WITHIN_MS),
  now,
]

/** How long (ms) pictures pause: until fewer than three reports were left out within a minute; 0: they do not. Pure. */
export function pauseOf(times: readonly number[], now: number): number {
  const third = times.at(-MOST)
  return third === undefined ? 0 : Math.max(0, third + WITHIN_MS - now)
}

const APART_MS = 500

/** How long (ms) the next picture of a scene waits for its turn: at most two a second. Pure. */
export const turnIn = (lastSwap: number, now: number): number => Math.max(0, lastSwap + APART_MS - now)

let times: readonly number[] = []
let timer: ReturnType<typeof setTimeout> | undefined
const watchers = new Set<() => void>()
const tell = (): void => {
  for (const watcher of watchers) watcher()
}

/** Whether pictures of scenes that render pause in this tab. */
export const lag = {
  /** A report was left out. */
  note(): void {
    times = withLag(times, Date.now())
    clearTimeout(timer)
    const pause = pauseOf(times, Date.now())
    if (pause > 0) timer = setTimeout(tell, pause + 1)
    tell()
  },
  isPaused: (): boolean => pauseOf(times, Date.now()) > 0,
  subscribe(watcher: () => void): () => void {
    watchers.add(watcher)
    return () => watchers.delete(watcher)
  },
}

/** What was done just now, said once for a few seconds, to the eye and to who listens: one live region for a page. */
import { useEffect, useSyncExternalStore } from 'react'
import styles from './toast.module.css'

const SHOWN_MS = 4_000

type Said = { words: string; number: number }

let said: Said | null = null
let number = 0
const watchers = new Set<() => void>()

function set(next: Said | null): void {
  said = next
  for (const watcher of watchers) watcher()
}

/** Says that something was done: "Moved scene 5 to 3 of 12." */
export function say(words: string): void {
  number += 1
  set({ words, number })
}

const subscribe = (watcher: () => void): (() => void) => {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => said)
  useEffect(() => {
    if (!shown) return
    const timer = setTimeout(() => set(null), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [shown])
  // The region stays, so that what comes into it is read out; the same words once more are new ones.
  return (
    <div role="status" className={styles.toasts}>
      {shown ? (
        <p key={shown.number} className={styles.toast}>
          {shown.words}
        </p>
      ) : null}
    </div>
  )
}

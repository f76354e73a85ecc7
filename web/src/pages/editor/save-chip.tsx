/** Where the storyboard is: with the server, on its way, or in this browser only. */
import { useEffect, useState } from 'react'
import type { SaveState, Snapshot } from '../../document/store.ts'
import { when } from '../../format.ts'
import styles from './editor.module.css'

const WORDS: Record<SaveState['kind'], string> = {
  saved: 'Saved',
  saving: 'Saving',
  changed: 'Changed',
  unreadable: 'Not saved: the text cannot be read',
  offline: 'Not saved: server not reachable',
  'signed-out': 'Not saved: sign in to go on',
  conflict: 'Needs your decision',
  refused: 'Not saved',
}

/** How long a colleague's change stays named. */
const NEWS_MS = 8_000

/** What somebody else changed, for as long as it is news. */
function useNews(snapshot: Snapshot): Snapshot['takenIn'] {
  const { takenIn } = snapshot
  const [over, setOver] = useState<Snapshot['takenIn']>(null)
  useEffect(() => {
    if (!takenIn) return
    const timer = setTimeout(() => setOver(takenIn), NEWS_MS)
    return () => clearTimeout(timer)
  }, [takenIn])
  return takenIn === over ? null : takenIn
}

export function SaveChip({
  snapshot,
  makerName,
  onShow,
}: {
  snapshot: Snapshot
  makerName: (userId: string | null) => string
  /** Shows a scene. */
  onShow: (sceneId: string) => void
}) {
  const { save, revision } = snapshot
  const news = useNews(snapshot)
  const state =
    save.kind === 'saved' ? 'saved' : save.kind === 'saving' || save.kind === 'changed' ? 'busy' : 'held'
  const touched = news?.scenes[0]
  return (
    <p className={`${styles.save} tabular`} data-state={state} role="status">
      {news && state !== 'held' ? (
        <>
          {news.isMerged ? 'Merged with' : 'Changed by'} {makerName(news.by).replace(/^You(.*),$/, 'you$1')},
          r{news.revision}
          {touched === undefined ? null : (
            <button type="button" className={styles.saveShow} onClick={() => onShow(touched)}>
              Show
            </button>
          )}
        </>
      ) : (
        <>
          {WORDS[save.kind]}
          {save.kind === 'saved' ? ` ${when(save.at)}, r${revision}` : ''}
          {save.kind === 'refused' ? `: ${save.message}` : ''}
        </>
      )}
    </p>
  )
}

/** One scene as a card: its picture, how it stands, its name and its words. */
import { type DragEvent, type KeyboardEvent, memo, type RefObject } from 'react'
import { mentions } from '../../../../core/storyboard/prompts.ts'
import { LivePicture } from '../../live/picture.tsx'
import { Icon } from '../../ui/icon.tsx'
import type { SceneState } from './board.tsx'
import styles from './editor.module.css'
import { type Selecting, selecting } from './selection.ts'

/** The prompt with its `@symbols` marked. */
function Prompt({ text }: { text: string }) {
  const names = new Set(mentions(text))
  return text.split(/(@\w+)/).map((part, at) =>
    part.startsWith('@') && names.has(part.slice(1)) ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text have no other name
      <span key={at} className={styles.symbol}>
        {part}
      </span>
    ) : (
      part
    ),
  )
}

const STATE_WORDS: Record<SceneState, string> = {
  ready: 'Ready',
  reused: 'Reused',
  changed: 'Changed',
  missing: 'Not rendered',
  running: 'Rendering',
  next: 'Next',
  waiting: 'Waiting',
  failed: 'Failed',
}

/** States that are written on the picture; the others are calm. */
const SAID: ReadonlySet<SceneState> = new Set(['running', 'next', 'waiting', 'changed', 'reused', 'failed'])

/** What a card asks for; `at` is its place. */
export type CardActs = {
  select: (sceneId: string, how: Selecting) => void
  key: (event: KeyboardEvent, at: number) => void
  dragStart: (at: number) => void
  dragEnd: () => void
  dragOver: (event: DragEvent, at: number) => void
  drop: (event: DragEvent, at: number) => void
}

export const Card = memo(function Card({
  id,
  at,
  prompt,
  seconds,
  state,
  share,
  picture,
  fault,
  failure,
  isEditedSince,
  isChosen,
  isTheirs,
  isOver,
  isEditable,
  acts,
}: {
  id: string
  at: number
  prompt: string
  seconds: number
  state: SceneState
  /** How much of it a running render has made, 0 to 1. */
  share: number
  picture: string | null
  /** What is wrong with it in the document. */
  fault: string | null
  /** Why its render failed. */
  failure: string | null
  isEditedSince: boolean
  isChosen: boolean
  /** Somebody else changed it a moment ago. */
  isTheirs: boolean
  /** A dragged card would be put here. */
  isOver: boolean
  isEditable: boolean
  acts: RefObject<CardActs>
}) {
  return (
    <li
      className={styles.cardItem}
      data-scene={id}
      data-over={isOver}
      draggable={isEditable}
      onDragStart={() => acts.current.dragStart(at)}
      onDragEnd={() => acts.current.dragEnd()}
      onDragOver={(event) => acts.current.dragOver(event, at)}
      onDrop={(event) => acts.current.drop(event, at)}
    >
      <button
        type="button"
        className={styles.card}
        data-card={id}
        data-theirs={isTheirs}
        aria-pressed={isChosen}
        onClick={(event) => acts.current.select(id, selecting(event))}
        onKeyDown={(event) => acts.current.key(event, at)}
      >
        <span className={styles.picture}>
          {picture ? <LivePicture url={picture} alt="" /> : <Icon name="film" size={20} />}
          <span className={`${styles.plate} ${styles.number} tabular`}>
            <span className="sr-only">Scene </span>
            {String(at + 1).padStart(2, '0')}
          </span>
          <span className={`${styles.plate} ${styles.duration} tabular`}>{seconds.toFixed(1)} s</span>
          {SAID.has(state) ? (
            <span className={`${styles.plate} ${styles.status} tabular`} data-state={state}>
              {state === 'reused' ? <Icon name="check" size={12} /> : null}
              {state === 'changed' ? <Icon name="diamond" size={12} /> : null}
              {state === 'failed' ? <Icon name="failed" size={12} /> : null}
              {STATE_WORDS[state]}
              {state === 'running' ? ` ${Math.floor(share * 100)}%` : ''}
            </span>
          ) : null}
          {state === 'running' ? (
            <span className={styles.sceneBar}>
              <i style={{ width: `${share * 100}%` }} />
            </span>
          ) : null}
        </span>
        <span className={styles.cardBody}>
          <span className={styles.cardTitle}>
            <span>{id}</span>
            <Mark state={state} fault={fault} isEditedSince={isEditedSince} />
          </span>
          {failure ? (
            <span className={`${styles.prompt} ${styles.bad}`}>{failure}</span>
          ) : (
            <span className={styles.prompt}>
              <Prompt text={prompt} />
            </span>
          )}
        </span>
      </button>
    </li>
  )
})

/** What is to be known of a scene, by shape: a fault first, then what has changed, then that it is ready. */
function Mark({
  state,
  fault,
  isEditedSince,
}: {
  state: SceneState
  fault: string | null
  isEditedSince: boolean
}) {
  if (fault !== null)
    return (
      <span className={styles.bad} title={fault}>
        <Icon name="failed" />
        <span className="sr-only">Has a problem</span>
      </span>
    )
  if (isEditedSince)
    return (
      <span className={styles.warn} title="Changed since this render began">
        <Icon name="diamond" size={12} />
        <span className="sr-only">Changed since this render began</span>
      </span>
    )
  if (state === 'ready' || state === 'reused')
    return (
      <span className={styles.ok}>
        <Icon name="check" />
        <span className="sr-only">Ready</span>
      </span>
    )
  return null
}

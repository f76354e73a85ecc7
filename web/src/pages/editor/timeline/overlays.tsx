/** What lies over the shots: what joins them, and the brackets of flashbacks and montages. */
import type { KeyboardEvent } from 'react'
import { type JoinPlace, ORIGIN_WORDS } from '../../../document/joins.ts'
import { Icon } from '../../../ui/icon.tsx'
import { joinWords } from '../inspector/join-button.tsx'
import styles from '../timeline.module.css'
import type { Bracket } from './brackets.ts'

export function JoinGlyph({
  join,
  left,
  isCut,
  isTight,
  isTabStop,
  isEditable,
  onOpen,
  onRemove,
}: {
  join: JoinPlace
  left: number
  isCut: boolean
  /** Between shots that are too narrow for the whole mark. */
  isTight: boolean
  isTabStop: boolean
  isEditable: boolean
  onOpen: () => void
  onRemove: () => void
}) {
  const words = `${joinWords(join)}. ${ORIGIN_WORDS[join.origin]}`
  const names = `${join.from?.scene.id ?? 'black'} to ${join.to?.scene.id ?? 'black'}`
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Delete' && event.key !== 'Backspace') return
    event.preventDefault()
    event.stopPropagation()
    onRemove()
  }
  return (
    <button
      type="button"
      className={styles.join}
      data-join={join.after}
      data-cut={isCut}
      data-tight={isTight}
      tabIndex={isTabStop ? 0 : -1}
      disabled={!isEditable}
      style={{ left }}
      title={words}
      aria-label={`Transition from ${names}: ${words}`}
      onClick={onOpen}
      onKeyDown={onKey}
    >
      <Icon name="join" size={12} />
    </button>
  )
}

/** Names the group over its shots; pressed, it selects them all. */
export function BracketView({
  bracket: { kind, words, details },
  left,
  width,
  onSelect,
}: {
  bracket: Bracket
  left: number
  width: number
  onSelect: () => void
}) {
  return (
    <button
      type="button"
      className={styles.bracket}
      data-kind={kind}
      style={{ left, width }}
      title={`${words}. ${details}.`}
      onClick={onSelect}
    >
      <span>{words}</span>
    </button>
  )
}

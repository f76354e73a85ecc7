/**
 * A text field for prompts. After `@` it offers the symbols of the storyboard; below it stand those that the text uses, and
 * names that are none, with the one that was probably meant.
 */
import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import {
  completed,
  fitting,
  type Mention,
  mentionAt,
  renamed,
  type SymbolInfo,
  usedIn,
} from '../document/symbols.ts'
import controls from './controls.module.css'
import { Icon } from './icon.tsx'
import styles from './symbol-field.module.css'

/** More than these do not fit on a phone; what is typed next narrows the list. */
const MOST_SHOWN = 8

export function SymbolField({
  id: givenId,
  label,
  value,
  onChange,
  onCommit,
  symbols,
  pictureOf,
  hint,
  error,
  readOnly = false,
  rows = 6,
  placeholder,
}: {
  id?: string
  label: string
  value: string
  /** At every keystroke. */
  onChange: (value: string) => void
  /** When the field is left, or a name was chosen: a good moment to save. */
  onCommit?: (value: string) => void
  symbols: readonly SymbolInfo[]
  /** Address of a picture of the symbol; without one its first letter stands there. */
  pictureOf?: (symbol: SymbolInfo) => string | undefined
  hint?: ReactNode
  error?: string | undefined
  readOnly?: boolean
  rows?: number
  placeholder?: string
}) {
  const ownId = useId()
  const id = givenId ?? ownId
  const field = useRef<HTMLTextAreaElement>(null)
  const [mention, setMention] = useState<Mention | null>(null)
  const [active, setActive] = useState(0)
  /** Where the caret has to be once the new text is shown. */
  const caret = useRef<number | null>(null)
  const offered = mention && !readOnly ? fitting(symbols, mention.typed).slice(0, MOST_SHOWN) : []
  const isOpen = offered.length > 0
  const used = usedIn(value, symbols)

  useLayoutEffect(() => {
    if (caret.current === null || !field.current || field.current.value !== value) return
    field.current.setSelectionRange(caret.current, caret.current)
    caret.current = null
  }, [value])

  useEffect(() => {
    if (isOpen) document.getElementById(`${id}-option-${active}`)?.scrollIntoView({ block: 'nearest' })
  }, [isOpen, active, id])

  const look = (): void => {
    const { current } = field
    if (!current) return
    const found =
      current.selectionStart === current.selectionEnd
        ? mentionAt(current.value, current.selectionStart)
        : null
    setMention(found)
    if (found?.typed !== mention?.typed) setActive(0)
  }
  const choose = (name: string): void => {
    if (!mention) return
    const next = completed(value, mention, name)
    caret.current = next.caret
    setMention(null)
    onChange(next.text)
    onCommit?.(next.text)
    field.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!isOpen || event.nativeEvent.isComposing || event.ctrlKey || event.metaKey) return
    const at = Math.min(active, offered.length - 1)
    if (event.key === 'ArrowDown') setActive((at + 1) % offered.length)
    else if (event.key === 'ArrowUp') setActive((at + offered.length - 1) % offered.length)
    else if (event.key === 'Enter' || event.key === 'Tab') choose(offered[at]!.name)
    else if (event.key === 'Escape') setMention(null)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const described = [
    error === undefined ? '' : `${id}-error`,
    used.some(({ symbol }) => !symbol) ? `${id}-used` : '',
  ]
    .filter(Boolean)
    .join(' ')

  return (
    <div className={controls.field}>
      <label className={controls.label} htmlFor={id}>
        {label}
        {hint ? <small>{hint}</small> : null}
      </label>
      <div className={styles.holder}>
        <textarea
          id={id}
          ref={field}
          className={`${controls.input} ${styles.text}`}
          rows={rows}
          value={value}
          readOnly={readOnly}
          placeholder={placeholder}
          aria-invalid={error !== undefined}
          aria-describedby={described || undefined}
          aria-autocomplete="list"
          aria-controls={isOpen ? `${id}-list` : undefined}
          aria-activedescendant={isOpen ? `${id}-option-${Math.min(active, offered.length - 1)}` : undefined}
          onChange={(event) => {
            onChange(event.target.value)
            look()
          }}
          onSelect={look}
          onKeyDown={onKeyDown}
          onBlur={() => {
            setMention(null)
            onCommit?.(value)
          }}
        />
        {isOpen ? (
          <div id={`${id}-list`} className={styles.list} role="listbox" aria-label="Symbols">
            {offered.map((symbol, at) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the text field has the focus and the keys
              <div
                key={symbol.name}
                id={`${id}-option-${at}`}
                role="option"
                tabIndex={-1}
                aria-selected={at === Math.min(active, offered.length - 1)}
                className={styles.option}
                // The field keeps the focus.
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => choose(symbol.name)}
              >
                <Face symbol={symbol} src={pictureOf?.(symbol)} />
                <span className={styles.words}>
                  <b>@{symbol.name}</b>
                  <small>{symbol.prompt || 'Not described yet'}</small>
                </span>
                {symbol.kind ? <small className={styles.kind}>{symbol.kind}</small> : null}
              </div>
            ))}
          </div>
        ) : null}
      </div>
      <p className="sr-only" role="status">
        {isOpen
          ? `${offered.length} symbol${offered.length === 1 ? '' : 's'}. Arrow keys choose, Enter takes.`
          : ''}
      </p>
      {error === undefined ? null : (
        <p id={`${id}-error`} className={controls.error}>
          {error}
        </p>
      )}
      {used.length > 0 ? (
        <ul id={`${id}-used`} className={styles.chips} aria-label="Used symbols">
          {used.map(({ name, symbol, meant }) =>
            symbol ? (
              <li
                key={name}
                className={styles.chip}
                title={[symbol.prompt, symbol.kind].filter(Boolean).join(' · ')}
              >
                <Face symbol={symbol} src={pictureOf?.(symbol)} />@{name}
              </li>
            ) : (
              <li key={name} className={styles.chip} data-unknown="true">
                <Icon name="failed" size={14} />
                There is no @{name}
                {meant && !readOnly ? (
                  <button
                    type="button"
                    onClick={() => {
                      const next = renamed(value, name, meant)
                      onChange(next)
                      onCommit?.(next)
                    }}
                  >
                    Use @{meant}
                  </button>
                ) : null}
              </li>
            ),
          )}
        </ul>
      ) : null}
    </div>
  )
}

/** A round picture of a symbol, or its first letter. */
function Face({ symbol, src }: { symbol: SymbolInfo; src: string | undefined }) {
  return src ? (
    <img className={styles.face} src={src} alt="" loading="lazy" />
  ) : (
    <span className={styles.face} aria-hidden="true">
      {symbol.name[0]?.toUpperCase()}
    </span>
  )
}

/** Fields of the inspector: a value of the document, its limit in words, and what is wrong with it. */
import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import controls from '../../../ui/controls.module.css'
import styles from './inspector.module.css'

type Ties = {
  id: string
  className: string
  'aria-invalid': boolean
  'aria-describedby': string | undefined
}

/** Label, control, limit and error; limit and error are what describes the control. */
export function Limited({
  label,
  limit,
  error,
  children,
}: {
  label: string
  limit?: string | undefined
  error?: string | undefined
  children: (ties: Ties) => ReactNode
}) {
  const id = useId()
  const described = [limit ? `${id}-limit` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ')
  return (
    <div className={controls.field}>
      <span className={controls.label}>
        <label htmlFor={id}>{label}</label>
        {limit ? <small id={`${id}-limit`}>{limit}</small> : null}
      </span>
      {children({
        id,
        className: controls.input!,
        'aria-invalid': error !== undefined,
        'aria-describedby': described || undefined,
      })}
      {error ? (
        <p id={`${id}-error`} className={controls.error}>
          {error}
        </p>
      ) : null}
    </div>
  )
}

type Common = {
  label: string
  error?: string | undefined
  readOnly?: boolean
}

export function TextArea({
  label,
  error,
  readOnly = false,
  value,
  most,
  rows = 3,
  placeholder,
  onChange,
}: Common & {
  value: string
  most: number
  rows?: number
  placeholder?: string
  onChange: (value: string) => void
}) {
  return (
    <Limited label={label} limit={`${[...value].length} / ${most}`} error={error}>
      {(ties) => (
        <textarea
          {...ties}
          rows={rows}
          value={value}
          readOnly={readOnly}
          placeholder={placeholder}
          style={{ resize: 'vertical' }}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Limited>
  )
}

/** Text that is taken when the field is left or Enter is pressed: a name that others refer to. */
export function NameField({
  label,
  error,
  limit,
  readOnly = false,
  value,
  refusal,
  field,
  onCommit,
}: Common & {
  value: string
  limit?: string
  /** Why a name cannot be taken; undefined when it can. */
  refusal?: (value: string) => string | undefined
  /** What keys find it by. */
  field?: string
  onCommit: (value: string) => void
}) {
  const [typed, setTyped] = useState(value)
  useEffect(() => setTyped(value), [value])
  const why = typed === value ? undefined : refusal?.(typed)
  const commit = (): void => {
    if (typed !== value && why === undefined) onCommit(typed)
  }
  return (
    <Limited label={label} limit={limit} error={why ?? error}>
      {(ties) => (
        <input
          {...ties}
          type="text"
          data-field={field}
          value={typed}
          readOnly={readOnly}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={commit}
          onKeyDown={(event) => {
            if (event.key === 'Enter') commit()
            if (event.key === 'Escape') {
              event.stopPropagation()
              setTyped(value)
            }
          }}
        />
      )}
    </Limited>
  )
}

/** A number that may be missing. What is typed stays as typed; the document takes what can be read as a number. */
export function NumberField({
  label,
  error,
  limit,
  readOnly = false,
  value,
  min,
  max,
  step = 0.1,
  placeholder,
  onChange,
}: Common & {
  value: number | null | undefined
  limit?: string
  min?: number
  max?: number
  step?: number
  placeholder?: string
  onChange: (value: number | undefined) => void
}) {
  const shown = typeof value === 'number' && Number.isFinite(value) ? String(value) : ''
  const [typed, setTyped] = useState(shown)
  const isTyping = useRef(false)
  useEffect(() => {
    if (!isTyping.current || Number(typed) !== Number(shown)) setTyped(shown)
  }, [shown, typed])
  return (
    <Limited label={label} limit={limit} error={error}>
      {(ties) => (
        <input
          {...ties}
          type="number"
          value={typed}
          min={min}
          max={max}
          step={step}
          readOnly={readOnly}
          placeholder={placeholder}
          onFocus={() => {
            isTyping.current = true
          }}
          onBlur={() => {
            isTyping.current = false
            setTyped(shown)
          }}
          onChange={(event) => {
            setTyped(event.target.value)
            onChange(event.target.value === '' ? undefined : Number(event.target.value))
          }}
        />
      )}
    </Limited>
  )
}

/** 0 to 1 as a slider, with its percent beside it. */
export function Share({
  label,
  error,
  readOnly = false,
  value,
  fallback,
  onChange,
}: Common & {
  value: number | null | undefined
  /** What it is when nothing is written. */
  fallback: number
  onChange: (value: number) => void
}) {
  const shown = typeof value === 'number' ? value : fallback
  return (
    <Limited label={label} limit={`${Math.round(shown * 100)} %`} error={error}>
      {({ className: _, ...ties }) => (
        <input
          {...ties}
          className={styles.slider}
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={shown}
          disabled={readOnly}
          onChange={(event) => onChange(Number(event.target.value))}
        />
      )}
    </Limited>
  )
}

export function Choice({
  label,
  error,
  limit,
  readOnly = false,
  value,
  options,
  onChange,
}: Common & {
  value: string
  limit?: string
  options: readonly { value: string; words: string }[]
  onChange: (value: string) => void
}) {
  return (
    <Limited label={label} limit={limit} error={error}>
      {(ties) => (
        <select
          {...ties}
          value={value}
          disabled={readOnly}
          onChange={(event) => onChange(event.target.value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.words}
            </option>
          ))}
        </select>
      )}
    </Limited>
  )
}

export function Tick({
  label,
  readOnly = false,
  value,
  onChange,
}: {
  label: string
  readOnly?: boolean
  value: boolean
  onChange: (value: boolean) => void
}) {
  return (
    <label className={styles.tick}>
      <input
        type="checkbox"
        checked={value}
        disabled={readOnly}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  )
}

/** A group of fields that folds, with a word of what is in it. */
export function Group({
  title,
  summary,
  open = false,
  hasFault = false,
  children,
}: {
  title: string
  summary?: string
  open?: boolean
  hasFault?: boolean
  children: ReactNode
}) {
  return (
    <details className={styles.group} open={open || hasFault}>
      <summary>
        <span>{title}</span>
        {summary ? <small>{summary}</small> : null}
        {hasFault ? <small className={styles.bad}>Has a problem</small> : null}
      </summary>
      <div className={styles.groupBody}>{children}</div>
    </details>
  )
}

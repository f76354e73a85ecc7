/** Buttons and fields. */
import { type ButtonHTMLAttributes, type InputHTMLAttributes, type ReactNode, useId } from 'react'
import styles from './controls.module.css'
import { Icon, type IconName } from './icon.tsx'

type Look = 'outline' | 'primary' | 'danger' | 'plain'

const classOf = (look: Look): string =>
  [styles.button, look === 'outline' ? '' : styles[look]].filter(Boolean).join(' ')

/** One filled (`primary`) button a page. */
export function Button({
  look = 'outline',
  icon,
  children,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { look?: Look; icon?: IconName }) {
  return (
    <button type="button" {...rest} className={classOf(look)}>
      {icon ? <Icon name={icon} /> : null}
      {children}
    </button>
  )
}

/** A button that shows a picture only; `label` is its name. */
export function IconButton({
  icon,
  label,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { icon: IconName; label: string }) {
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      {...rest}
      className={`${styles.button} ${styles.icon}`}
    >
      <Icon name={icon} />
    </button>
  )
}

type FieldProps = { label: string; hint?: string | undefined; error?: string | undefined }

/** Name, control, hint and error of one field, tied together for screen readers. */
export function Field({
  label,
  hint,
  error,
  children,
}: FieldProps & {
  children: (ties: {
    id: string
    className: string
    'aria-invalid': boolean
    'aria-describedby': string | undefined
  }) => ReactNode
}) {
  const id = useId()
  const errorId = `${id}-error`
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
        {hint ? <small>{hint}</small> : null}
      </label>
      {children({
        id,
        className: styles.input!,
        'aria-invalid': error !== undefined,
        'aria-describedby': error === undefined ? undefined : errorId,
      })}
      {error === undefined ? null : (
        <p id={errorId} className={styles.error}>
          {error}
        </p>
      )}
    </div>
  )
}

export function TextField({
  label,
  hint,
  error,
  ...rest
}: FieldProps & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ties) => <input type="text" {...rest} {...ties} />}
    </Field>
  )
}

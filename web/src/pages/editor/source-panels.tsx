/** What stands around the text in the source view: faults, outline, help. */
import { memo } from 'react'
import type { Problem } from '../../../../core/storyboard/problems.ts'
import { correctionOf } from '../../document/corrections.ts'
import type { Help } from '../../document/schema-help.ts'
import { count } from '../../format.ts'
import { Button } from '../../ui/controls.tsx'
import { Icon } from '../../ui/icon.tsx'
import type { Fault } from './code-editor.ts'
import styles from './source.module.css'

/** `2 errors, 1 warning` */
function totals(faults: readonly Fault[]): string {
  const errors = faults.filter(({ isError }) => isError).length
  const warnings = faults.length - errors
  const parts = [errors > 0 ? count(errors, 'error') : '', warnings > 0 ? count(warnings, 'warning') : '']
  return parts.filter(Boolean).join(', ') || 'None'
}

export const Problems = memo(function Problems({
  faults,
  text,
  canEdit,
  onGo,
  onCorrect,
}: {
  faults: readonly Fault[]
  /** The text that was checked. */
  text: string
  canEdit: boolean
  onGo: (problem: Problem) => void
  onCorrect: (problem: Problem) => void
}) {
  return (
    <>
      <div className={styles.head}>
        <h2>Problems</h2>
        <small className="tabular" role="status">
          {totals(faults)}
        </small>
        {faults.length > 0 ? <kbd title="Next problem; Shift for the one before">F8</kbd> : null}
      </div>
      <ul className={styles.problems}>
        {faults.map(({ problem, isError }) => {
          const correction = canEdit ? correctionOf(text, problem) : null
          return (
            <li key={`${problem.path} ${problem.code} ${problem.line} ${problem.column}`}>
              <button type="button" className={styles.problem} onClick={() => onGo(problem)}>
                <span data-kind={isError ? 'error' : 'warning'}>
                  <Icon name={isError ? 'failed' : 'diamond'} />
                  <span className="sr-only">{isError ? 'Error: ' : 'Warning: '}</span>
                </span>
                <span>{problem.message}</span>
                <small className="tabular">
                  {problem.line
                    ? `Line ${problem.line}, column ${problem.column}`
                    : problem.path || 'The whole storyboard'}
                </small>
              </button>
              {correction ? <Button onClick={() => onCorrect(problem)}>{correction.label}</Button> : null}
            </li>
          )
        })}
      </ul>
    </>
  )
})

export type OutlineScene = { id: string; prompt: string; at: number }

export const Outline = memo(function Outline({
  scenes,
  current,
  onGo,
  onExample,
}: {
  scenes: readonly OutlineScene[]
  /** Place in the list of the scene where the caret is; -1 when it is in none. */
  current: number
  onGo: (at: number) => void
  onExample: (() => void) | undefined
}) {
  return (
    <nav aria-label="Outline" className={styles.outline}>
      <div className={styles.head}>
        <h2>Outline</h2>
        <small className="tabular">{count(scenes.length, 'scene')}</small>
      </div>
      {scenes.length === 0 ? (
        <div className={styles.none}>
          <p>No scenes yet.</p>
          {onExample ? <Button onClick={onExample}>Start from the example</Button> : null}
        </div>
      ) : (
        <ol>
          {scenes.map(({ id, prompt, at }, index) => (
            <li key={`${at} ${id}`}>
              <button
                type="button"
                className={styles.scene}
                aria-current={index === current ? 'true' : undefined}
                onClick={() => onGo(at)}
              >
                <span className="tabular">{String(index + 1).padStart(2, '0')}</span>
                <span>{id || 'Without an id'}</span>
                <small>{prompt}</small>
              </button>
            </li>
          ))}
        </ol>
      )}
    </nav>
  )
})

/** What the schema says of the field where the caret is. */
export const FieldHelp = memo(function FieldHelp({ help }: { help: Help | null }) {
  return (
    <aside className={styles.help} aria-label="Help">
      {help ? (
        <>
          <h2>{help.title}</h2>
          <p>{help.description}</p>
          {help.facts.length > 0 ? (
            <dl>
              {help.facts.map(({ name, value }) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          ) : null}
        </>
      ) : (
        <p className={styles.quiet}>
          Help for the field at the caret stands here. <kbd>Ctrl</kbd> <kbd>Space</kbd> offers what fits,{' '}
          <kbd>Ctrl</kbd> <kbd>.</kbd> takes a correction.
        </p>
      )}
    </aside>
  )
})

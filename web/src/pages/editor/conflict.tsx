/** What two people changed at once: both texts side by side, and who decides. */
import { useState } from 'react'
import type { Conflict as Clash } from '../../document/merge.ts'
import type { Choice } from '../../document/store.ts'
import { Button } from '../../ui/controls.tsx'
import styles from './conflict.module.css'

/** `scenes[sea].prompt` as people say it: the prompt of sea. */
function fieldWords(path: string): string {
  const [, scene, field] = /^scenes\[(.+?)\](?:\.(.+))?$/.exec(path) ?? []
  if (scene !== undefined) return field === undefined ? `scene ${scene}` : `the ${field} of ${scene}`
  return `the ${path.replaceAll('_', ' ').replaceAll('.', ', ')}`
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return 'Removed'
  return typeof value === 'string' ? value : JSON.stringify(value, null, 1)
}

export function Conflict({
  name,
  conflicts,
  onResolve,
}: {
  /** Of whoever changed the same. */
  name: string
  conflicts: readonly Clash[]
  onResolve: (choices: ReadonlyMap<string, Choice>) => void
}) {
  const [choices, setChoices] = useState<ReadonlyMap<string, Choice>>(new Map())
  const [together, setTogether] = useState<string | null>(null)
  const open = conflicts.filter(({ path }) => !choices.has(path))
  const clash = open[0]
  if (!clash) return null
  const choose = (choice: Choice): void => {
    const next = new Map(choices).set(clash.path, choice)
    setChoices(next)
    setTogether(null)
    if (conflicts.every(({ path }) => next.has(path))) onResolve(next)
  }
  const isText = typeof clash.mine === 'string' && typeof clash.theirs === 'string'
  return (
    <section className={styles.conflict} role="alert" aria-label="Needs your decision">
      <h2>
        {name} changed {fieldWords(clash.path)} while you did.
        {open.length > 1 ? <small> {open.length - 1} more to decide</small> : null}
      </h2>
      {together === null ? (
        <dl className={styles.texts}>
          <div>
            <dt>Yours</dt>
            <dd>{asText(clash.mine)}</dd>
          </div>
          <div>
            <dt>{name}</dt>
            <dd>{asText(clash.theirs)}</dd>
          </div>
        </dl>
      ) : (
        <textarea
          className={styles.together}
          aria-label={`Both texts of ${fieldWords(clash.path)}`}
          rows={5}
          value={together}
          // biome-ignore lint/a11y/noAutofocus: the person asked to edit this text just now
          autoFocus
          onChange={(event) => setTogether(event.target.value)}
        />
      )}
      <div className={styles.choices}>
        {together === null ? (
          <>
            <Button onClick={() => choose({ keep: 'mine' })}>Keep mine</Button>
            <Button onClick={() => choose({ keep: 'theirs' })}>
              Take {name === 'A colleague' ? 'theirs' : `${name}'s`}
            </Button>
            {isText ? (
              <Button onClick={() => setTogether(`${String(clash.mine)}\n${String(clash.theirs)}`)}>
                Edit together
              </Button>
            ) : null}
          </>
        ) : (
          <>
            <Button onClick={() => choose({ keep: 'both', value: together })}>Use this text</Button>
            <Button look="plain" onClick={() => setTogether(null)}>
              Back
            </Button>
          </>
        )}
      </div>
    </section>
  )
}

/** What two people changed at once: both texts side by side, in the source with what was before, and who decides. */
import { useState } from 'react'
import { differing } from '../../document/line-changes.ts'
import type { Conflict as Clash } from '../../document/merge.ts'
import type { Choice } from '../../document/store.ts'
import { toText } from '../../document/text.ts'
import { theirsOf } from '../../live/people.ts'
import { Button } from '../../ui/controls.tsx'
import styles from './conflict.module.css'

/** `scenes[sea].prompt` as people say it: the prompt of sea. */
function fieldWords(path: string): string {
  const [, scene, field] = /^scenes\[(.+?)\](?:\.(.+))?$/.exec(path) ?? []
  if (scene !== undefined) return field === undefined ? `scene ${scene}` : `the ${field} of ${scene}`
  return `the ${path.replaceAll('_', ' ').replaceAll('.', ', ')}`
}

/** As it stands in the storyboard; null: it is not there. */
function asText(value: unknown): string | null {
  if (value === undefined || value === null) return null
  return typeof value === 'string' ? value : toText(value).trimEnd()
}

/** One version of the field, with what in it differs from another one marked. */
function Version({ of, value, from }: { of: string; value: unknown; from: unknown }) {
  const [text, other] = [asText(value), asText(from)]
  const [head, middle, tail] = differing(text ?? '', other ?? '')
  return (
    <div>
      <dt>{of}</dt>
      <dd>
        {text === null ? (
          <i>{of === 'Before' ? 'Not there' : 'Removed'}</i>
        ) : (
          <>
            {head}
            {middle === '' ? null : <mark>{middle}</mark>}
            {tail}
          </>
        )}
      </dd>
    </div>
  )
}

export function Conflict({
  name,
  conflicts,
  withBefore,
  onResolve,
}: {
  /** Of whoever changed the same. */
  name: string
  conflicts: readonly Clash[]
  /** Whether what both began with is shown, too. */
  withBefore: boolean
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
          <Version of="Yours" value={clash.mine} from={clash.before} />
          {withBefore ? <Version of="Before" value={clash.before} from={clash.before} /> : null}
          <Version of={name} value={clash.theirs} from={clash.before} />
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
            <Button onClick={() => choose({ keep: 'theirs' })}>Take {theirsOf(name)}</Button>
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

/** Taking a step back, or making it again, in a text that others may have changed since. Pure. */
import { parseDocument } from 'yaml'
import { type Conflict, isFields, merge, same } from './merge.ts'
import { withDocument } from './patch.ts'

/** A change of the text, from one to the other. */
export type Step = { name: string; before: string; after: string; at: number }

/** A change of somebody else: from what both had to what it became. */
export type TheirChange = { by: string | null; base: unknown; theirs: unknown }

/** What a text says; null when it is no storyboard. */
export function read(text: string): unknown {
  const document = parseDocument(text)
  const value: unknown = document.errors.length > 0 ? null : document.toJS()
  return isFields(value) ? value : null
}

/** The step that takes another one back. */
export const inverse = (step: Step): Step => ({ ...step, before: step.after, after: step.before })

/** Two steps as one. */
export const joined = (first: Step, second: Step): Step => ({ ...second, before: first.before })

/**
 * Makes a step in today's text: changes what the step changes, and nothing else.
 * @param keep what becomes of a field that was changed since: `theirs` leaves it as it is
 * @returns the text, and the fields that were changed since; null when a text cannot be read, so that they cannot be told
 */
export function made(
  step: Step,
  today: string,
  keep: 'mine' | 'theirs' = 'theirs',
): { text: string; clashes: Conflict[] } | null {
  if (today === step.before) return { text: step.after, clashes: [] }
  const [before, after, now] = [read(step.before), read(step.after), read(today)]
  if (before === null || after === null || now === null) return null
  const merged = merge(before, after, now, (clash) => clash[keep])
  return { text: withDocument(today, merged.document), clashes: merged.conflicts }
}

/** Whose change it was that a step clashes with: the last one of those after which the fields are as they are. */
export function whoChanged(
  step: Step,
  clashes: readonly Conflict[],
  changes: readonly TheirChange[],
): string | null {
  const [before, after] = [read(step.before), read(step.after)]
  const clashesWith = (document: unknown): Conflict[] =>
    merge(before, after, document).conflicts.filter((one) => clashes.some(({ path }) => path === one.path))
  const culprit = changes.findLast(
    ({ base, theirs }) => !same(clashesWith(base), clashesWith(theirs)) && clashesWith(theirs).length > 0,
  )
  return culprit?.by ?? null
}

/** Transitions that a storyboard names, and the places that use them by name. Pure. */
import { BUILT_IN_PRESETS } from '../../../core/storyboard/transitions.ts'
import type { Storyboard } from '../api/client.ts'
import type { Change } from './edit.ts'
import type { JoinPlace } from './joins.ts'
import type { Path } from './text.ts'

type Preset = NonNullable<NonNullable<Storyboard['transition_presets']>[string]>

export const MOST_PRESETS = 20

/** All places where a transition is asked for, with what is written there. */
function references({ transitions, timeline }: Partial<Storyboard>): { path: Path; written: unknown }[] {
  return [
    ...Object.entries(transitions ?? {}).map(([key, written]) => ({ path: ['transitions', key], written })),
    ...(timeline ?? []).flatMap((element, index) => [
      { path: ['timeline', index, 'transition'], written: element?.transition },
      { path: ['timeline', index, 'montage', 'transition'], written: element?.montage?.transition },
    ]),
  ]
}

/** Places that use a preset. */
export const presetUses = (document: Partial<Storyboard>, name: string): Path[] =>
  references(document).flatMap(({ path, written }) => (written === name ? [path] : []))

/** The preset that a join uses by its name; null when it uses none of the storyboard's own. */
export function presetOf(document: Partial<Storyboard>, { origin, path }: JoinPlace): string | null {
  const place = origin === 'default' ? ['transitions', 'default'] : path
  const found = references(document).find(({ path: one }) => one.join(' ') === place.join(' '))
  const { written } = found ?? {}
  return typeof written === 'string' && Object.hasOwn(document.transition_presets ?? {}, written)
    ? written
    : null
}

/** Why a preset cannot have a name; undefined when it can. */
export function presetNameRefusal(document: Partial<Storyboard>, name: string): string | undefined {
  if (name.trim() === '') return 'A preset has a name.'
  if (BUILT_IN_PRESETS.includes(name as (typeof BUILT_IN_PRESETS)[number]))
    return `“${name}” is one of the names that every storyboard has.`
  return Object.hasOwn(document.transition_presets ?? {}, name) ? `There is a preset “${name}”.` : undefined
}

/** A name that no preset has yet. */
export function freePresetName(document: Partial<Storyboard>): string {
  for (let number = 1; ; number += 1)
    if (presetNameRefusal(document, `preset-${number}`) === undefined) return `preset-${number}`
}

/** A preset gets another name, and so does every place that uses it. */
export const renamedPreset = (document: Partial<Storyboard>, from: string, to: string): Change[] => [
  ...presetUses(document, from).map((path) => ({ path, value: to })),
  { path: ['transition_presets', from], key: to },
]

/** Takes a preset away; where it was used, what it said is written out, so that the film stays as it is. */
export function removedPreset(document: Partial<Storyboard>, name: string): Change[] {
  const preset: Preset | undefined = document.transition_presets?.[name]
  return [
    ...presetUses(document, name).map((path) => ({ path, value: preset })),
    { path: ['transition_presets', name], value: undefined },
  ]
}

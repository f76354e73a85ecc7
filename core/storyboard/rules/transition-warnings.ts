/** Warnings about what a transition is drawn as: effects that are not known, have no say, or are held in range. */
import type { Path } from '../problems.ts'
import { didYouMean } from '../suggest.ts'
import { EFFECT_NAMES, EFFECTS, findEffect } from '../transition-effects.ts'
import { field, items, quoted } from '../values.ts'
import { writtenTransitions } from './assets.ts'
import type { Findings } from './findings.ts'

export function warnAboutTransitions(document: unknown, findings: Findings): void {
  for (const { path, transition } of writtenTransitions(document)) {
    const type = field(transition, 'type')
    const effects = items(field(transition, 'effects'))
    for (const [i, effect] of effects.entries())
      warnAboutEffect(effect, [...path, 'effects', i], type, findings)
    if (type !== 'custom') continue
    const names = effects.map((effect) => field(effect, 'name')).filter((name) => typeof name === 'string')
    const drawn = names.filter((name) => findEffect(name) !== null)
    const message =
      drawn.length === 0
        ? `a custom transition without effects is drawn as a dissolve. Effects it can have: ${EFFECT_NAMES.join(', ')}.`
        : `a custom transition is drawn from its effects alone: ${[...new Set(drawn)].join(', ')}.`
    findings.warn({ path: [...path, 'type'], code: 'custom_transition', message })
  }
}

function warnAboutEffect(effect: unknown, path: Path, type: unknown, findings: Findings): void {
  const written = field(effect, 'name')
  if (typeof written !== 'string') return
  const name = findEffect(written)
  if (name === null) {
    const message = `${quoted(written)} is no effect that is drawn; it is left out. There are ${EFFECT_NAMES.join(', ')}.${didYouMean(written, EFFECT_NAMES)}`
    findings.warn({ path: [...path, 'name'], code: 'unknown_effect', message })
    return
  }
  if (type === 'cut' || (name === 'opacity' && type !== 'custom')) {
    const why = type === 'cut' ? 'a cut has no length' : `a ${String(type)} mixes its pictures in its own way`
    const message = `${why}: the effect ${name} is not seen. A custom transition can have it.`
    findings.warn({ path: [...path, 'name'], code: 'effect_without_use', message })
    return
  }
  const { min, max } = EFFECTS[name]
  for (const end of ['from', 'to'] as const) {
    const value = field(effect, end)
    if (typeof value !== 'number' || (value >= min && value <= max)) continue
    const message = `${name} goes from ${min} to ${max}; ${value} is held at ${value < min ? min : max}.`
    findings.warn({ path: [...path, end], code: 'effect_out_of_range', message })
  }
}

/** Custom: the incoming picture laid over the outgoing one by its opacity, both shaped by the effects. Pure. */
import { resolveEffect, valueAt } from '../../../core/storyboard/transition-effects.ts'
import { layer } from '../graph.ts'
import { dissolve } from './crossfades.ts'
import type { Drawing } from './drawing.ts'

/** Without a word about opacity it is a dissolve. Several opacities are averaged: one that falls is the outgoing picture's. */
export function custom(drawing: Drawing): string[] {
  const { join, progress, format } = drawing
  const opacities = join.effects
    .map(resolveEffect)
    .filter((effect) => effect?.name === 'opacity')
    .map((effect) => ({ ...effect!, falls: effect!.to < effect!.from }))
  if (opacities.length === 0) return dissolve(drawing)
  const opacity = progress.map((at) => {
    const shares = opacities.map((effect) => (effect.falls ? 1 - valueAt(effect, at) : valueAt(effect, at)))
    return shares.reduce((sum, share) => sum + share, 0) / shares.length
  })
  return layer('[a]', '[b]', opacity, format, '[v]', 'mask')
}

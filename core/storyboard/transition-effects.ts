/** Effects within a transition: what there is, which picture an effect shapes, and how its value moves. Pure. */
import type { Easing, TransitionEffect } from './plan-types.ts'

/** `rest` leaves the picture as it is; values outside `min` to `max` are held there. */
type EffectRange = { readonly rest: number; readonly min: number; readonly max: number }

export const EFFECTS = {
  /** How much of the incoming picture is seen; falling, how much of the outgoing one. */
  opacity: { rest: 1, min: 0, max: 1 },
  /** 1: shapes are gone, colours stay. */
  blur: { rest: 0, min: 0, max: 1 },
  /** Light that bleeds from what is bright. */
  glow: { rest: 0, min: 0, max: 1 },
  /** 2: twice as near. */
  zoom: { rest: 1, min: 0.5, max: 10 },
  /** Degrees, clockwise. */
  rotate: { rest: 0, min: -180, max: 180 },
  /** Picture widths to the right. */
  x: { rest: 0, min: -1, max: 1 },
  /** Picture heights down. */
  y: { rest: 0, min: -1, max: 1 },
  /** 2: twice the light. */
  brightness: { rest: 1, min: 0, max: 3 },
  contrast: { rest: 1, min: 0, max: 3 },
  /** 0: grey. */
  saturation: { rest: 1, min: 0, max: 3 },
  /** Degrees on the colour wheel. */
  hue: { rest: 0, min: -360, max: 360 },
  noise: { rest: 0, min: 0, max: 1 },
  /** 1: red and blue are a twentieth of the width apart. */
  rgb_split: { rest: 0, min: 0, max: 1 },
} as const satisfies Record<string, EffectRange>

export type EffectName = keyof typeof EFFECTS

export const EFFECT_NAMES = Object.keys(EFFECTS) as EffectName[]

/** The effect of that name, however it is spelled: `RGB split` is `rgb_split`. */
export function findEffect(name: string): EffectName | null {
  const plain = name
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_')
  return EFFECT_NAMES.find((known) => known === plain) ?? null
}

/** An effect with its defaults filled in and its values held in range. */
export type ResolvedEffect = { readonly name: EffectName; from: number; to: number; easing: Easing }

/** Null for an effect that is not known. What is left out is at rest; an opacity that says nothing rises from 0 to 1. */
export function resolveEffect({
  name,
  from,
  to,
  easing = 'linear',
}: TransitionEffect): ResolvedEffect | null {
  const known = findEffect(name)
  if (known === null) return null
  const { rest, min, max } = EFFECTS[known]
  const held = (value: number): number => Math.min(max, Math.max(min, value))
  const start = known === 'opacity' && from === undefined ? (to === 0 ? 1 : 0) : (from ?? rest)
  return { name: known, from: held(start), to: held(to ?? rest), easing }
}

/**
 * Which picture an effect shapes. One that starts from rest shapes the picture that goes, one that comes to rest the
 * picture that comes, and one that does neither both: so nothing jumps where the transition begins or ends.
 */
export function shapes({ name, from, to }: ResolvedEffect): { outgoing: boolean; incoming: boolean } {
  const { rest } = EFFECTS[name]
  return { outgoing: to !== rest, incoming: from !== rest }
}

const EASED: Record<Easing, (at: number) => number> = {
  linear: (at) => at,
  ease_in: (at) => at * at,
  ease_out: (at) => 1 - (1 - at) ** 2,
  ease_in_out: (at) => (at < 0.5 ? 2 * at * at : 1 - 2 * (1 - at) ** 2),
}

/** The effect's value when the transition is `at` (0 to 1) done. */
export const valueAt = ({ from, to, easing }: ResolvedEffect, at: number): number =>
  from + (to - from) * EASED[easing](at)

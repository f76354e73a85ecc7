/** Transitions as written, and what they resolve to. */
import type { Join, TransitionEffect, TransitionType } from './plan-types.ts'
import type { Storyboard, Transition, TransitionRef } from './types.ts'

export const TRANSITION_TYPES: readonly TransitionType[] = [
  'cut',
  'fade',
  'dissolve',
  'wipe',
  'blur',
  'zoom',
  'flash',
  'glitch',
  'custom',
]

/** Type names that work as presets without being defined. */
export const BUILT_IN_PRESETS: readonly string[] = TRANSITION_TYPES.filter((type) => type !== 'custom')

export const DEFAULT_TRANSITION_S = 0.5

export type ResolvedTransition = {
  type: TransitionType
  /** Seconds asked for; 0 for a cut. */
  durationS: number
  params: Record<string, unknown>
  effects: TransitionEffect[]
  audio: Join['audio']
}

export const CUT: ResolvedTransition = { type: 'cut', durationS: 0, params: {}, effects: [], audio: null }

const COLOURS: Record<string, string> = {
  black: '#000000',
  white: '#ffffff',
  gray: '#808080',
  grey: '#808080',
  red: '#ff0000',
  orange: '#ffa500',
  yellow: '#ffff00',
  green: '#008000',
  blue: '#0000ff',
  purple: '#800080',
  brown: '#a52a2a',
}

/** A colour as written (`#rgb`, `#rrggbb` or a name of the schema) as `#rrggbb`; null for anything else. */
export function parseColour(text: string): string | null {
  if (Object.hasOwn(COLOURS, text)) return COLOURS[text]!
  if (/^#[0-9a-f]{6}$/i.test(text)) return text.toLowerCase()
  if (/^#[0-9a-f]{3}$/i.test(text)) return text.toLowerCase().replace(/[0-9a-f]/g, '$&$&')
  return null
}

/** The preset of that name: the storyboard's own first, then the built-in ones. */
export function findPreset(
  storyboard: Pick<Storyboard, 'transition_presets'>,
  name: string,
): Transition | undefined {
  const presets = storyboard.transition_presets
  if (presets != null && Object.hasOwn(presets, name)) return presets[name]
  return BUILT_IN_PRESETS.includes(name) ? { type: name as Exclude<TransitionType, 'custom'> } : undefined
}

/** Defaults filled in, colours as `#rrggbb`. A name that is no preset resolves to a cut (validation has refused it). */
export function resolveTransition(
  storyboard: Pick<Storyboard, 'transition_presets'>,
  ref: NonNullable<TransitionRef>,
): ResolvedTransition {
  const written = typeof ref === 'string' ? findPreset(storyboard, ref) : ref
  if (written === undefined) return CUT
  const params: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(written.params ?? {})) if (value !== null) params[key] = value
  if (typeof params.color === 'string') params.color = parseColour(params.color) ?? COLOURS.black
  return {
    type: written.type,
    durationS: written.type === 'cut' ? 0 : (written.duration ?? DEFAULT_TRANSITION_S),
    params,
    effects: (written.effects ?? []).map(({ name, from, to, easing }) => ({
      name,
      ...(from != null && { from }),
      ...(to != null && { to }),
      ...(easing != null && { easing }),
    })),
    audio: written.audio ? { assetId: written.audio.asset_id, volume: written.audio.volume ?? 1 } : null,
  }
}

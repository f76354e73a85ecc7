/** Every place in a storyboard that names a sound or a picture. Works on any JSON value. */
import type { Path } from '../problems.ts'
import { entries, field, isObject, items } from '../values.ts'

export type AssetUse = { path: Path; id: string }

function* useAt(holder: unknown, path: Path, key: string): Generator<AssetUse> {
  const id = field(holder, key)
  if (typeof id === 'string') yield { path: [...path, key], id }
}

/** Transitions as they are written anywhere (objects only, names are left out). */
export function* writtenTransitions(document: unknown): Generator<{ path: Path; transition: unknown }> {
  for (const { path, ref } of transitionRefs(document)) if (isObject(ref)) yield { path, transition: ref }
  for (const [name, preset] of entries(field(document, 'transition_presets'))) {
    if (isObject(preset)) yield { path: ['transition_presets', name], transition: preset }
  }
}

/** Places where a transition is asked for, by name or written out. */
export function* transitionRefs(document: unknown): Generator<{ path: Path; ref: unknown }> {
  for (const [key, ref] of entries(field(document, 'transitions'))) yield { path: ['transitions', key], ref }
  for (const [i, element] of items(field(document, 'timeline')).entries()) {
    const ref = field(element, 'transition')
    if (ref != null) yield { path: ['timeline', i, 'transition'], ref }
    const inner = field(field(element, 'montage'), 'transition')
    if (inner != null) yield { path: ['timeline', i, 'montage', 'transition'], ref: inner }
  }
}

/** Every `asset_id`, in document order by kind. */
export function* audioUses(document: unknown): Generator<AssetUse> {
  const beds = ['music', 'ambient']
  for (const bed of beds) {
    yield* useAt(field(field(document, 'global_audio'), bed), ['global_audio', bed], 'asset_id')
  }
  for (const [name, symbol] of entries(field(document, 'symbols'))) {
    yield* useAt(field(symbol, 'voice'), ['symbols', name, 'voice'], 'asset_id')
  }
  for (const [i, scene] of items(field(document, 'scenes')).entries()) {
    const audio = field(scene, 'audio')
    const path = ['scenes', i, 'audio']
    for (const bed of beds) yield* useAt(field(audio, bed), [...path, bed], 'asset_id')
    for (const [j, sfx] of items(field(audio, 'sfx')).entries())
      yield* useAt(sfx, [...path, 'sfx', j], 'asset_id')
  }
  for (const { path, transition } of writtenTransitions(document)) {
    yield* useAt(field(transition, 'audio'), [...path, 'audio'], 'asset_id')
  }
}

/** Every reference image. */
export function* imageUses(document: unknown): Generator<AssetUse> {
  for (const [name, symbol] of entries(field(document, 'symbols'))) {
    for (const [j, image] of items(field(symbol, 'reference_images')).entries()) {
      yield* useAt(image, ['symbols', name, 'reference_images', j], 'id')
    }
  }
}

/**
 * The sounds that ship with the product, made from nothing: every sample is reckoned by the code in this folder, the same
 * way every time. No recordings, no chance from outside.
 */
import type { SystemAsset, SystemAssetCategory } from '../storyboard/system-assets.ts'
import { type LoudnessTarget, master } from './master.ts'
import { randomFrom } from './random.ts'
import type { Stereo } from './signal.ts'
import { airSfx, airTransitions } from './sounds/air.ts'
import { crowdAmbients } from './sounds/crowds.ts'
import { doorSfx } from './sounds/doors.ts'
import { hitSfx, hitTransitions } from './sounds/hits.ts'
import { interfaceSfx } from './sounds/interface.ts'
import { motionTransitions } from './sounds/motion.ts'
import { brightMusic } from './sounds/music-bright.ts'
import { calmMusic } from './sounds/music-calm.ts'
import { darkMusic } from './sounds/music-dark.ts'
import { natureAmbients } from './sounds/nature.ts'
import { peopleSfx } from './sounds/people.ts'
import type { Family, Recipe } from './sounds/recipe.ts'
import { townAmbients } from './sounds/town.ts'

const FAMILIES: Record<SystemAssetCategory, Family> = {
  sfx: { ...airSfx, ...hitSfx, ...interfaceSfx, ...peopleSfx, ...doorSfx },
  ambient: { ...crowdAmbients, ...natureAmbients, ...townAmbients },
  music: { ...darkMusic, ...brightMusic, ...calmMusic },
  transition: { ...airTransitions, ...hitTransitions, ...motionTransitions },
}

/** Beds are of one loudness as a whole; sounds that happen are so where they are loudest, or as far as their peaks allow. */
const TARGETS: Record<SystemAssetCategory, LoudnessTarget> = {
  ambient: { measure: 'whole', lufs: -21, peakDbtp: -2 },
  music: { measure: 'whole', lufs: -20, peakDbtp: -2 },
  sfx: { measure: 'loudest', lufs: -16, peakDbtp: -2 },
  transition: { measure: 'loudest', lufs: -16, peakDbtp: -2 },
}

type Sound = Pick<SystemAsset, 'category' | 'key' | 'seconds'>

/** @throws when there is no recipe for it */
export function recipeOf({ category, key }: Sound): Recipe & { target: LoudnessTarget } {
  const recipe = FAMILIES[category][key]
  if (!recipe) throw new Error(`there is no recipe for the sound ${category}/${key}`)
  return { ...recipe, target: { ...TARGETS[category], ...recipe.target } }
}

/** A sound of the catalogue at 48 kHz, exactly `seconds` long. */
export function synthesise(sound: Sound): Stereo {
  const { make, target } = recipeOf(sound)
  return master(make(sound.seconds, randomFrom(`${sound.category}/${sound.key}`)), target)
}

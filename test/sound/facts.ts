/** One sound, measured: plain numbers, which can travel from the process that made it. */
import { createHash } from 'node:crypto'
import { interleave } from '../../core/assets/sound-file.ts'
import { toDb, truePeak } from '../../core/sound/loudness.ts'
import { measured } from '../../core/sound/master.ts'
import type { Mono, Stereo } from '../../core/sound/signal.ts'
import { recipeOf } from '../../core/sound/synthesise.ts'
import type { SystemAsset } from '../../core/storyboard/system-assets.ts'
import { centroid, levels, pitchClasses, share, spectrum, together } from './spectrum.ts'

export type Band = readonly [fromHz: number, toHz: number, leastShare: number]

export type Facts = {
  id: string
  /** Of the samples as they are. */
  hash: string
  frames: readonly number[]
  /** Highest sample of all; not finite when one of them is no number. */
  highest: number
  peakDbtp: number
  lufs: number
  /** Left against right, dB. */
  leanDb: number
  mean: number
  /** First and last sample of each side, without sign. */
  ends: readonly number[]
  /** Of each side: how many other places bend as much as its end does where the beginning follows. */
  bentAsSeam: readonly number[]
  /** Level every 20 ms, and every 100 ms. */
  course: readonly number[]
  slowCourse: readonly number[]
  /** Part of the energy in each band that was asked for. */
  shares: readonly number[]
  /** Middle of the spectrum in the first and in the second half, Hz. */
  centroids: readonly number[]
  pitchClasses: readonly number[]
}

const energy = (values: readonly number[]): number => values.reduce((sum, value) => sum + value * value, 0)

export const hashOf = (sound: Stereo): string => createHash('sha256').update(interleave(sound)).digest('hex')

/** How many places inside bend as much as the seam. The sound is taken as a ring; a click stands out. */
function bentAsSeam(side: Mono): number {
  const n = side.length
  const bend = (i: number): number => Math.abs(side[(i + 1) % n]! - 2 * side[i]! + side[(i - 1 + n) % n]!)
  const seam = Math.max(bend(0), bend(n - 1))
  let others = 0
  for (let i = 2; i < n - 2; i++) if (bend(i) >= seam) others += 1
  return others
}

/** @param bands whose share of the energy is wanted */
export function factsOf(asset: SystemAsset, sound: Stereo, bands: readonly Band[]): Facts {
  const sides = [sound.left, sound.right]
  const mono = together(sound)
  const power = spectrum(mono)
  const middle = Math.floor(mono.length / 2)
  let highest = 0
  for (const side of sides) for (const x of side) if (!(Math.abs(x) <= highest)) highest = Math.abs(x)
  const [left, right] = sides.map((side) => energy(levels(side, 0.05))) as [number, number]
  return {
    id: asset.id,
    hash: hashOf(sound),
    frames: sides.map(({ length }) => length),
    highest,
    peakDbtp: toDb(truePeak(sound)),
    lufs: measured(sound, recipeOf(asset).target),
    leanDb: 10 * Math.log10(left / right),
    mean: mono.reduce((sum, x) => sum + x, 0) / mono.length,
    ends: sides.flatMap((side) => [Math.abs(side[0]!), Math.abs(side.at(-1)!)]),
    bentAsSeam: sides.map(bentAsSeam),
    course: levels(mono, 0.02),
    slowCourse: levels(mono, 0.1),
    shares: bands.map(([fromHz, toHz]) => share(power, fromHz, toHz)),
    centroids: [mono.slice(0, middle), mono.slice(middle)].map((half) => centroid(spectrum(half, 1_024))),
    pitchClasses: asset.category === 'music' ? pitchClasses(mono) : [],
  }
}

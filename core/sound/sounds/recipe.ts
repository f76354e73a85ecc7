/** What a sound is made of: every file here holds the recipes of one family. */
import type { LoudnessTarget } from '../master.ts'
import type { Random } from '../random.ts'
import type { Canvas } from '../signal.ts'

export type Recipe = {
  /** Whether its end meets its beginning. */
  loops: boolean
  /** Where it is to differ from its category: a soft click is not as loud as a slam. */
  target?: Partial<LoudnessTarget>
  make(seconds: number, random: Random): Canvas
}

/** Recipes by key. */
export type Family = Readonly<Record<string, Recipe>>

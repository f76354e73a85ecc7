import { mix } from './colour.ts'
import type { Mood } from './mood.ts'
import type { Random } from './random.ts'
import type { Stage } from './stage.ts'

/** What a place is drawn with. */
export type Brush = { readonly mood: Mood; readonly stage: Stage; readonly random: Random }

/** SVG of a place by depth. Nothing in here comes from the user but numbers derived from a seed. */
export type Place = { readonly behind: string; readonly far: string; readonly near: string }

/** Colour of something at a distance: 0 near and dark, 1 lost in the haze. */
export const distant = ({ mood }: Brush, depth: number): string => mix(mood.ground, mood.haze, depth)

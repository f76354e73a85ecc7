/** Steady noise under a scene: bands that breathe, without a seam. */
import { type Curve, shape } from '../curve.ts'
import { around, type Effect } from '../filters.ts'
import { noise, type Random } from '../random.ts'
import { type Canvas, level, mixInto } from '../signal.ts'

export type Band = { tone: readonly (() => Effect)[]; gain: number; course?: Curve }

/** Adds noise through each band to a canvas that loops; left and right know nothing of each other. */
export function addBeds(canvas: Canvas, bands: readonly Band[], random: Random): void {
  for (const { tone, gain, course } of bands) {
    for (const side of [canvas.left, canvas.right]) {
      const sound = level(around(noise(side.length, random), 0.3, ...tone.map((make) => make())))
      mixInto(side, course ? shape(sound, course) : sound, gain)
    }
  }
}

/** Flash: the outgoing picture burns out to white, the incoming one comes back from it. Pure. */
import { commands, layer, TO_FILM, TO_RGB, table } from '../graph.ts'
import { type Drawing, ramp } from './drawing.ts'

/** A flash rises faster than it dies away: where, on the way, it is brightest and the pictures change. */
const PEAK = 0.38
/** Light at the peak, in stops over the picture as it was. */
const STOPS = 3.2
const HALO = 1 / 26

/**
 * Over-exposure as film has it: everything is multiplied, the lights clip first and bleed into their surroundings, and at
 * the peak all is white.
 */
export function flash({ progress, format }: Drawing): string[] {
  const strength = progress.map((at) => (at < PEAK ? (at / PEAK) ** 2.2 : (1 - ramp(at, PEAK, 1)) ** 1.7))
  const white = strength.map((light) => ramp(light, 0.62, 0.97) ** 1.5)
  const top = strength.map((light) => 2 ** (-STOPS * light))
  // What bleeds: only what is brighter than this, of nothing at first and of nearly all at the peak.
  const floor = strength.map((light, i) => top[i]! * (0.97 - 0.75 * light))
  const sigma = Math.min(format.width, format.height) * HALO
  return [
    ...layer(
      '[a]',
      '[b]',
      progress.map((at) => (at < PEAK ? 0 : 1)),
      format,
      '[met]',
      'mask',
    ),
    `[met]hue=s='${table(
      strength.map((light) => 1 - 0.55 * light),
      format,
    )}',format=yuv420p,${TO_RGB},split[lit][bleeding]`,
    `[lit]${commands('colorlevels@l', levels({ imax: top }), format)},colorlevels@l[burnt]`,
    `[bleeding]${commands('colorlevels@h', levels({ imin: floor, imax: top, omax: strength.map((light) => light ** 0.7) }), format)},colorlevels@h,gblur=sigma=${sigma.toFixed(1)}[halo]`,
    `[burnt][halo]blend=all_mode=screen,${TO_FILM}[over]`,
    `color=c=white:s=${format.width}x${format.height}:r=${format.fps},trim=end_frame=${progress.length},${TO_RGB},${TO_FILM},settb=1/90000[white]`,
    ...layer('[over]', '[white]', white, format, '[v]', 'flare'),
  ]
}

/** The same for red, green and blue. */
const levels = (options: Readonly<Record<string, readonly number[]>>): Record<string, readonly number[]> =>
  Object.fromEntries(
    Object.entries(options).flatMap(([name, values]) =>
      ['r', 'g', 'b'].map((plane) => [plane + name, values.map(thousandths)]),
    ),
  )

/** Finer than a step of light, and short: each stands in the graph three times for every frame. */
const thousandths = (value: number): number => Math.round(1000 * value) / 1000

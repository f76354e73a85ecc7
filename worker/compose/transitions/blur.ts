/** Blur: the lens loses the outgoing picture and finds the incoming one. Pure. */
import { commands, layer, TO_FILM, TO_RGB } from '../graph.ts'
import { type Drawing, ownHalf, smooth } from './drawing.ts'

/** Softest, as a share of the short side: shapes are gone, colours stay. */
const SOFTEST = 1 / 18
/** The pictures change while hardly anything can be told apart. */
const CHANGE = [0.34, 0.66] as const

/**
 * Both pictures are out of focus where they meet. Blurred in steeper light than the eye's, so that bright points open into
 * discs of light as they do in a lens, rather than sink into grey.
 */
export function blur(whole: Drawing): string[] {
  const { drawing, opacity } = ownHalf(whole, CHANGE)
  const { progress, format } = drawing
  const softest = Math.min(format.width, format.height) * SOFTEST
  const sigma = progress.map((at) => softest * smooth(1 - Math.abs(2 * at - 1)))
  return [
    ...layer('[a]', '[b]', opacity, format, '[met]', 'mask'),
    `[met]${TO_RGB}16le,lutrgb=${steeper(2.2)},${commands('gblur@soft', { sigma, sigmaV: sigma }, format)},gblur@soft=sigma=0.1:steps=3,lutrgb=${steeper(1 / 2.2)},${TO_FILM}[v]`,
  ]
}

const steeper = (power: number): string =>
  ['r', 'g', 'b'].map((plane) => `${plane}='maxval*pow(val/maxval,${power.toFixed(4)})'`).join(':')

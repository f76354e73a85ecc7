/** Zoom: one move of the lens through the cut. Pure. */
import { layer, num } from '../graph.ts'
import { mirrored } from '../lens.ts'
import { type Drawing, ownHalf } from './drawing.ts'

const DEFAULT_FACTOR = 2
/** Further out than this the picture would be small in a hall of its own mirrors. */
const FURTHEST = 0.5
/** The pictures change at full speed. */
const CHANGE = [0.4, 0.6] as const
/** How long the shutter is open, in frames; half of one, as in a film camera, reads as smooth movement. */
const SHUTTER = 0.5
/** Copies of a picture that a streak is made of lie at most this far apart, in pixels. */
const STREAK_GAP = 3

/** How much nearer the picture is at the cut; below 1, farther. 2 when nothing usable is said. */
export function zoomFactor({ factor }: Readonly<Record<string, unknown>>): number {
  return typeof factor === 'number' && factor > 0 ? Math.min(10, Math.max(0.1, factor)) : DEFAULT_FACTOR
}

/** Slow start, full speed at the cut, slow end: 0 to 1, as a number and as an expression of register 0. */
const move = (at: number): number => (at < 0.5 ? 4 * at ** 3 : 1 - 4 * (1 - at) ** 3)
const moved = (at: string): string => `if(lt(${at},0.5),4*pow(${at},3),1-4*pow(1-${at},3))`

/**
 * The outgoing picture is `factor` times as near at the cut as it was; the incoming one starts as far on the other side
 * and arrives at its own size, so that the eye follows one movement. What lies beyond a picture's edge is its mirror image,
 * which is not seen as such at that speed. Each frame is smeared along its movement, as an open shutter does.
 */
export function zoom(whole: Drawing): string[] {
  const { drawing, opacity } = ownHalf(whole, CHANGE)
  const { join, progress, format } = drawing
  const log = 2 * Math.log(zoomFactor(join.params))
  const last = opacity.findLastIndex((share) => share < 1)
  const first = opacity.findIndex((share) => share > 0)
  const { flatSide } = drawing
  return [
    ...(flatSide === 'a'
      ? ['[a]null[as]']
      : lens('[a]', '[as]', { log, arrived: 0, seen: [0, last] }, drawing)),
    ...(flatSide === 'b'
      ? ['[b]null[bs]']
      : lens('[b]', '[bs]', { log, arrived: 1, seen: [first, progress.length - 1] }, drawing)),
    ...layer('[as]', '[bs]', opacity, format, '[v]', 'mask'),
  ]
}

/**
 * One picture through the zoom: its size is exp(log * (move - arrived)).
 * @param seen first and last frame that is not hidden by the other picture; the others are left as they are
 */
function lens(
  input: string,
  output: string,
  { log, arrived, seen }: { log: number; arrived: 0 | 1; seen: [number, number] },
  { progress, lead, span, format }: Drawing,
): string[] {
  const sizes = progress.slice(seen[0], seen[1] + 1).map((at) => Math.exp(log * (move(at) - arrived)))
  if (sizes.length === 0) return [`${input}null${output}`]
  const smallest = Math.max(FURTHEST, Math.min(1, ...sizes))
  const enable = `enable='between(n,${seen[0]},${seen[1]})'`
  const at = (later: number): string => `clip((on-1+${num(lead + later)})/${span},0,1)`
  const size = `st(0,${at(0)});min(${num(1 / FURTHEST)},exp(${num(-log)}*(${moved('ld(0)')}-${arrived})))`
  const halfWidth = Math.hypot(format.width, format.height) / 2
  const streak = (halfWidth * Math.abs(log) * 3 * SHUTTER) / span
  const passes = Math.min(6, Math.max(0, Math.ceil(Math.log2(streak / STREAK_GAP))))
  const name = output.slice(1, -1)
  const margin = (side: number): number => 2 * Math.ceil((side * (1 / smallest - 1)) / 4)
  const chains = [
    `${input}${mirrored(
      margin(format.width),
      margin(format.height),
      `perspective=${about(size)}:eval=frame:${enable}`,
      format,
    )}[${name}0]`,
  ]
  // Each pass lays a copy over the picture, half as far along the streak as the last: n passes make 2^n copies.
  for (let pass = 1; pass <= passes; pass += 1) {
    const part = SHUTTER / 2 ** pass
    const ahead = `st(0,${at(0)});st(1,${moved('ld(0)')});st(0,${at(part)});exp(${num(-Math.abs(log))}*(${moved('ld(0)')}-ld(1)))`
    chains.push(
      `[${name}${pass - 1}]split[${name}s${pass}][${name}m${pass}]`,
      `[${name}m${pass}]perspective=${about(ahead)}:eval=frame:${enable}[${name}n${pass}]`,
      `[${name}s${pass}][${name}n${pass}]blend=all_mode=average,format=yuv420p[${name}${pass}]`,
    )
  }
  chains.push(`[${name}${passes}]null${output}`)
  return chains
}

/** Corners for `perspective`: the middle of the picture, `part` (an expression) of its width and height, fills the frame. */
const about = (part: string): string => {
  const near = (side: string) => `'${part.replace(/;([^;]*)$/, `;(1-$1)/2*${side}`)}'`
  const far = (side: string) => `'${part.replace(/;([^;]*)$/, `;(1+$1)/2*${side}`)}'`
  return [
    ...[`x0=${near('W')}`, `y0=${near('H')}`, `x1=${far('W')}`, `y1=${near('H')}`],
    ...[`x2=${near('W')}`, `y2=${far('H')}`, `x3=${far('W')}`, `y3=${far('H')}`],
  ].join(':')
}

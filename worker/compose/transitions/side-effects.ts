/** Effects within a transition, on one of its two pictures. Pure. */
import type { Easing } from '../../../core/storyboard/plan-types.ts'
import {
  type EffectName,
  type ResolvedEffect,
  resolveEffect,
  shapes,
  valueAt,
} from '../../../core/storyboard/transition-effects.ts'
import { commands, layer, num, TO_FILM, TO_RGB } from '../graph.ts'
import { mirrored } from '../lens.ts'
import type { Drawing } from './drawing.ts'

/** An effect as it is drawn: its value at each frame, and as an expression of how far the transition is. */
type Drawn = {
  values: readonly number[]
  /** The value where `at` is an expression of the progress. */
  text(at: string): string
  drawing: Drawing
  /** A name of its own for what the graph has to tell apart. */
  name: string
}

const EASED: Record<Easing, (at: string) => string> = {
  linear: (at) => at,
  ease_in: (at) => `pow(${at},2)`,
  ease_out: (at) => `(1-pow(1-${at},2))`,
  ease_in_out: (at) => `if(lt(${at},0.5),2*pow(${at},2),1-2*pow(1-${at},2))`,
}

/** The transition's progress as an expression, by the clock of most filters and by `perspective`'s count of frames. */
const byTime = ({ lead, span, format }: Drawing): string => `clip((t*${format.fps}+${lead})/${span},0,1)`
const byCount = ({ lead, span }: Drawing): string => `clip((on-1+${lead})/${span},0,1)`

/** Luma stays in its range: a player need not clip what lies beyond. */
const IN_RANGE = 'limiter=min=16:max=235:planes=1,limiter=min=16:max=240:planes=6'

/** Filters of one effect, or chains where one filter is not enough. Opacity is not a matter of one picture. */
const DRAW: Record<
  Exclude<EffectName, 'opacity'>,
  (drawn: Drawn, input: string, output: string) => string[]
> = {
  blur: ({ values, drawing: { format }, name }, input, output) => {
    const softest = Math.min(format.width, format.height) / 18
    const sigma = values.map((value) => Math.max(0.05, Math.round(10 * value * softest) / 10))
    const target = `gblur@${name}`
    return [
      `${input}${commands(target, { sigma, sigmaV: sigma }, format)},${target}=sigma=0.05:steps=2${output}`,
    ]
  },
  glow: ({ values, drawing: { format }, name }, input, output) => {
    const sigma = Math.min(format.width, format.height) / 36
    return [
      `${input}split[${name}clean][${name}plain]`,
      `[${name}plain]${TO_RGB},split[${name}lit][${name}spread]`,
      `[${name}spread]gblur=sigma=${num(sigma)}[${name}halo]`,
      `[${name}lit][${name}halo]blend=all_mode=screen,${TO_FILM}[${name}glowing]`,
      ...layer(`[${name}clean]`, `[${name}glowing]`, values, format, output, `${name}mask`),
    ]
  },
  zoom: ({ values, text, drawing }, input, output) => {
    const part = `(1/(${text(byCount(drawing))}))`
    const room = Math.max(0, 1 / Math.min(...values) - 1) / 2
    return [moved(input, { x: [part, '0'], y: [part, '0'] }, room, room, drawing, output)]
  },
  x: ({ values, text, drawing }, input, output) => {
    const away = `(${text(byCount(drawing))})*${drawing.format.width}`
    return [moved(input, { x: ['1', away], y: ['1', '0'] }, farthest(values), 0, drawing, output)]
  },
  y: ({ values, text, drawing }, input, output) => {
    const away = `(${text(byCount(drawing))})*${drawing.format.height}`
    return [moved(input, { x: ['1', '0'], y: ['1', away] }, 0, farthest(values), drawing, output)]
  },
  rotate: ({ values, text, drawing }, input, output) => {
    const { width, height } = drawing.format
    const widest = Math.sin((Math.min(90, farthest(values)) * Math.PI) / 180)
    const diagonal = Math.hypot(width, height)
    const room = (side: number, other: number) => Math.min(diagonal - side, other * widest) / 2 / side
    const turn = `rotate=a='(${text(byTime(drawing))})*PI/180':bilinear=1`
    return [`${input}${around(room(width, height), room(height, width), turn, drawing)}${output}`]
  },
  brightness: ({ text, drawing }, input, output) => {
    const gain = text(byTime(drawing))
    // Multiplied from black up (which is 16 of 255), colour with it.
    return [
      `${input}eq=contrast='${gain}':brightness='0.43725*((${gain})-1)':saturation='${gain}':eval=frame,${IN_RANGE}${output}`,
    ]
  },
  contrast: ({ text, drawing }, input, output) => [
    `${input}eq=contrast='${text(byTime(drawing))}':eval=frame,${IN_RANGE}${output}`,
  ],
  saturation: ({ text, drawing }, input, output) => [`${input}hue=s='${text(byTime(drawing))}'${output}`],
  hue: ({ text, drawing }, input, output) => [`${input}hue=h='${text(byTime(drawing))}'${output}`],
  noise: ({ values, drawing: { format }, name }, input, output) => [
    `${input}split[${name}clean][${name}plain]`,
    `[${name}plain]noise=c0s=80:c0f=t+u:c1s=24:c1f=t:c2s=24:c2f=t,${IN_RANGE}[${name}noisy]`,
    ...layer(`[${name}clean]`, `[${name}noisy]`, values, format, output, `${name}mask`),
  ],
  rgb_split: ({ values, drawing: { format }, name }, input, output) => {
    const pixels = values.map((value) => Math.round((value * format.width) / 40))
    const target = `rgbashift@${name}`
    const shifts = commands(target, { rh: pixels, bh: pixels.map((shift) => -shift) }, format)
    return [`${input}${TO_RGB},${shifts},${target}=edge=smear,${TO_FILM}${output}`]
  },
}

/**
 * Chains from `input` to `output` with every effect that shapes this picture, in the order they are written.
 * @param side of the join: `a` goes, `b` comes
 */
export function sideEffects(drawing: Drawing, side: 'a' | 'b', input: string, output: string): string[] {
  const effects = drawing.join.effects
    .map(resolveEffect)
    .filter((effect): effect is ResolvedEffect => effect !== null)
    .filter((effect) => effect.name !== 'opacity' && shapes(effect)[side === 'a' ? 'outgoing' : 'incoming'])
  const chains = effects.flatMap((effect, index) => {
    const { name, from, to, easing } = effect
    const drawn: Drawn = {
      values: drawing.progress.map((at) => valueAt(effect, at)),
      text: (at) => `${num(from)}+${num(to - from)}*(${EASED[easing](at)})`,
      drawing,
      name: `${side}${index}`,
    }
    const draw = DRAW[name as keyof typeof DRAW]
    return draw(drawn, index === 0 ? input : `[${side}${index}]`, `[${side}${index + 1}]`)
  })
  const last = effects.length === 0 ? input : `[${side}${effects.length}]`
  return [...chains, `${last}null${output}`]
}

const farthest = (values: readonly number[]): number => Math.max(...values.map(Math.abs))

/**
 * The picture seen through a window: for each axis, what part of it fills the frame and by how many pixels it is moved, as
 * expressions. `roomX` and `roomY` are how far the window may reach beyond an edge, as shares of a side.
 */
function moved(
  input: string,
  { x, y }: { x: [part: string, away: string]; y: [part: string, away: string] },
  roomX: number,
  roomY: number,
  drawing: Drawing,
  output: string,
): string {
  const edge = (side: 'W' | 'H', sign: '-' | '+', [part, away]: [string, string]) =>
    `'(1${sign}${part})/2*${side}-${away}'`
  const [left, right] = [edge('W', '-', x), edge('W', '+', x)]
  const [top, bottom] = [edge('H', '-', y), edge('H', '+', y)]
  const corners = `x0=${left}:y0=${top}:x1=${right}:y1=${top}:x2=${left}:y2=${bottom}:x3=${right}:y3=${bottom}`
  return `${input}${around(roomX, roomY, `perspective=${corners}:eval=frame`, drawing)}${output}`
}

/** `filter` with room around the picture, at most as much as there is of the picture. */
function around(roomX: number, roomY: number, filter: string, { format }: Drawing): string {
  const margin = (room: number, side: number): number =>
    2 * Math.min(Math.floor(side / 2), Math.ceil((room * side) / 2))
  return mirrored(margin(roomX, format.width), margin(roomY, format.height), filter, format)
}

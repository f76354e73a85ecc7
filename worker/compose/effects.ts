/** How joins and treatments are drawn: filter graphs as text, made from numbers and words of ours only. Pure. */
import type { FilmFormat } from '../../core/media/format.ts'
import type { Join, Treatment } from '../../core/storyboard/plan-types.ts'
import { parseColour } from '../../core/storyboard/transitions.ts'
import type { RenderPiece, Side } from './cut-list.ts'
import { flat, restart } from './graph.ts'
import { blur } from './transitions/blur.ts'
import { dissolve, fade, wipe } from './transitions/crossfades.ts'
import { custom } from './transitions/custom.ts'
import { type Draw, drawingOf } from './transitions/drawing.ts'
import { flash } from './transitions/flash.ts'
import { glitch } from './transitions/glitch.ts'
import { sideEffects } from './transitions/side-effects.ts'
import { zoom } from './transitions/zoom.ts'

const DRAW: Record<Join['type'], Draw> = {
  fade: (drawing) => fade(drawing, fadeColour(drawing.join.params)),
  dissolve,
  wipe,
  blur,
  zoom,
  flash,
  glitch,
  custom,
}

const BLACK = '000000'

/** The colour of a fade as six hexadecimal digits; black when nothing usable is said. */
const fadeColour = ({ color }: Readonly<Record<string, unknown>>): string =>
  (typeof color === 'string' ? parseColour(color)?.slice(1) : null) ?? BLACK

/**
 * The filter graph of a piece, ending in `[v]`: exactly `piece.frames` pictures. Inputs are the piece's sides in the
 * order outgoing, incoming (absent ones left out), each beginning at its first frame.
 */
export function pieceGraph(piece: RenderPiece, format: FilmFormat): string {
  const { frames, join, outgoing, incoming } = piece
  const sides = [outgoing, incoming].filter((side) => side !== null)
  const chains = sides.map((side, index) => sideChain(index, side, frames, format))
  if (join === null) return `${chains[0]}[v]`
  const flatSide = outgoing === null ? 'a' : incoming === null ? 'b' : null
  const colour = join.type === 'fade' ? fadeColour(join.params) : BLACK
  if (outgoing === null) chains.unshift(flat(colour, frames, format))
  if (incoming === null) chains.push(flat(colour, frames, format))
  const drawing = drawingOf(join, frames, flatSide, format)
  return [
    `${chains[0]}[a0]`,
    `${chains[1]}[b0]`,
    // There is nothing to shape in a flat.
    ...(flatSide === 'a' ? ['[a0]null[a]'] : sideEffects(drawing, 'a', '[a0]', '[a]')),
    ...(flatSide === 'b' ? ['[b0]null[b]'] : sideEffects(drawing, 'b', '[b0]', '[b]')),
    ...DRAW[join.type](drawing),
  ].join(';')
}

const sideChain = (input: number, side: Side, n: number, format: FilmFormat): string =>
  [
    `[${input}:v:0]trim=end_frame=${n}`,
    restart(format),
    ...treatmentFilters(side.treatment, format),
    'setsar=1,format=yuv420p',
  ].join(',')

/** Filters of a treatment, in the order a laboratory would apply them: colour, softness, light, grain on top. */
export function treatmentFilters(treatment: Treatment | null, format: FilmFormat): string[] {
  if (treatment === null) return []
  const { desaturate = 0, vignette = false, grain = 0, blur = 0 } = treatment
  const share = (value: number): number => Math.min(1, Math.max(0, value))
  return [
    ...(desaturate > 0 ? [`hue=s=${(1 - share(desaturate)).toFixed(3)}`] : []),
    // Softness is seen relative to the picture's height: a fortieth of it is as soft as it gets.
    ...(blur > 0
      ? [`gblur=sigma=${((share(blur) * Math.min(format.width, format.height)) / 40).toFixed(2)}`]
      : []),
    ...(vignette ? ['vignette=angle=PI/5'] : []),
    // Only in the light, as silver grain is; the filter's own fixed seed keeps renders repeatable.
    ...(grain > 0 ? [`noise=c0s=${Math.max(1, Math.round(share(grain) * 40))}:c0f=t`] : []),
  ]
}

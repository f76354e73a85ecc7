/** How joins and treatments are drawn: filter graphs as text, made from numbers and words of ours only. Pure. */
import type { FilmFormat } from '../../core/media/format.ts'
import type { Join } from '../../core/storyboard/plan-types.ts'
import { parseColour } from '../../core/storyboard/transitions.ts'
import { burnInChains, type Marks } from './burn-in.ts'
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
import { treat } from './treatments.ts'

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
 * The filter graph of a piece, ending in `[out]`: exactly `piece.frames` pictures. Inputs are the piece's sides in the
 * order outgoing, incoming (absent ones left out), each beginning at its first frame, then the pictures of `marks`.
 */
export function pieceGraph(piece: RenderPiece, format: FilmFormat, marks: Marks | null = null): string {
  const { frames, join, outgoing, incoming } = piece
  const sides = [outgoing, incoming].filter((side) => side !== null)
  const chains =
    join === null ? sideChains(sides[0]!, 0, frames, format, '[v]') : joinChains(piece, join, format)
  return [
    ...chains,
    ...(marks ? burnInChains(marks, frames, format, '[v]', '[out]', sides.length) : ['[v]null[out]']),
  ].join(';')
}

function joinChains({ frames, outgoing, incoming }: RenderPiece, join: Join, format: FilmFormat): string[] {
  const flatSide = outgoing === null ? 'a' : incoming === null ? 'b' : null
  const colour = join.type === 'fade' ? fadeColour(join.params) : BLACK
  const drawing = drawingOf(join, frames, flatSide, format)
  const side = (name: 'a' | 'b', of: Side | null, input: number): string[] =>
    of === null
      ? [`${flat(colour, frames, format)}[${name}]`]
      : [
          ...sideChains(of, input, frames, format, `[${name}0]`),
          ...sideEffects(drawing, name, `[${name}0]`, `[${name}]`),
        ]
  return [
    ...side('a', outgoing, 0),
    ...side('b', incoming, outgoing === null ? 0 : 1),
    ...DRAW[join.type](drawing),
  ]
}

/** A side's frames with the look of its shot. */
function sideChains(
  { treatment }: Side,
  input: number,
  n: number,
  format: FilmFormat,
  output: string,
): string[] {
  const name = `look${input}`
  return [
    `[${input}:v:0]trim=end_frame=${n},${restart(format)}[${name}]`,
    ...treat(treatment, n, format, `[${name}]`, output, name),
  ]
}

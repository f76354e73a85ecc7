/** A piece as it is handed to ffmpeg, and the key under which its bytes are known. Pure. */
import { contentKey } from '../../core/jobs/content-keys.ts'
import { videoEncoderArgs } from '../../core/media/encoder-args.ts'
import { ENCODER_VERSION, type FilmFormat } from '../../core/media/format.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import { marksOf } from './burn-in.ts'
import { burnInSvgs } from './burn-in-pictures.ts'
import type { RenderPiece, Side } from './cut-list.ts'
import { pieceGraph } from './effects.ts'

/** Everything that shapes a piece, apart from the frames it is drawn from. */
export type DrawingOrder = {
  readonly piece: RenderPiece
  readonly format: FilmFormat
  readonly sides: readonly Side[]
  readonly graph: string
  /** Pictures that are burnt in, as SVG. */
  readonly svgs: readonly string[]
}

export function drawingOrder(plan: ShotPlan, piece: RenderPiece): DrawingOrder {
  const { format } = plan
  const marks = marksOf(plan, piece)
  return {
    piece,
    format,
    sides: [piece.outgoing, piece.incoming].filter((side) => side !== null),
    graph: pieceGraph(piece, format, marks),
    svgs: marks ? burnInSvgs(plan, marks) : [],
  }
}

/**
 * Content key of a drawn piece. The filter graph says all that is done to the frames, so whatever changes a pixel changes
 * the key, and nothing else does: neither names of scenes nor, where no time code is burnt in, the place in the film.
 * @param sha256Of hash of the bytes of a scene's segment
 */
export function drawingKey(
  { sides, format, graph, svgs }: DrawingOrder,
  sha256Of: (sceneId: string) => string,
): string {
  return contentKey('join', {
    encoder: ENCODER_VERSION,
    settings: videoEncoderArgs(format, []),
    format,
    frames: sides.map(({ sceneId, from, to }) => ({ clip: sha256Of(sceneId), from, to })),
    graph,
    pictures: svgs,
  })
}

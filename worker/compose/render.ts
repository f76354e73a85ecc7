/** Drawing one piece: ffmpeg decodes the frames it needs from the segments and encodes the result as the clips are. */
import { segmentFileArgs, videoEncoderArgs } from '../../core/media/encoder-args.ts'
import type { FilmFormat } from '../../core/media/format.ts'
import { type FfmpegInput, type FfmpegTools, runFfmpeg, wallLimitMs } from '../../core/platform/ffmpeg.ts'
import type { Marks } from './burn-in.ts'
import { inspectStream } from './check.ts'
import type { RenderPiece, Side } from './cut-list.ts'
import { pieceGraph } from './effects.ts'
import { ComposeError } from './errors.ts'

export type RenderOptions = {
  tools: FfmpegTools
  piece: RenderPiece
  format: FilmFormat
  /** Path of a scene's segment. */
  segmentPath: (sceneId: string) => string
  headerHash: string
  /** What is burnt in, and the files of its pictures. */
  burnIn?: { marks: Marks; pictures: readonly string[] } | null
  out: string
  signal?: AbortSignal
}

/** How much dearer than plain work a drawn frame may be: a zoom at 1080p takes a fifth of a second, of a machine that is free. */
const DRAWING_WEIGHT = 10

/**
 * Encodes one piece of the cut list into `out`.
 * @throws {ComposeError} `film_invalid` when what came out is not exactly the piece
 */
export async function renderPiece(options: RenderOptions): Promise<void> {
  const { tools, piece, format, headerHash, burnIn = null, out, signal } = options
  const sides = [piece.outgoing, piece.incoming].filter((side) => side !== null)
  await runFfmpeg(
    tools,
    {
      inputs: [
        ...sides.map((side) => sideInput(side, options)),
        ...(burnIn?.pictures ?? []).map((picture) => ({ path: picture })),
      ],
      filter: pieceGraph(piece, format, burnIn?.marks ?? null),
      outputs: [
        {
          path: out,
          options: [
            ...['-map', '[out]', '-frames:v', String(piece.frames)],
            ...videoEncoderArgs(format, []),
            ...segmentFileArgs(),
          ],
        },
      ],
    },
    { wallMs: wallLimitMs((DRAWING_WEIGHT * piece.frames) / format.fps), ...(signal ? { signal } : {}) },
  )
  const { frames, faults } = await inspectStream(tools, out, format, headerHash, signal)
  if (frames !== piece.frames) faults.push(`${frames} of ${piece.frames} frames`)
  if (faults.length > 0) {
    throw new ComposeError(
      'film_invalid',
      `The piece at frame ${piece.startFrame} is wrong: ${faults.join(', ')}.`,
    )
  }
}

/**
 * Microseconds are fine enough to name a frame exactly on our time scale. Earlier would be dear: the decoder would have
 * to begin at the key frame before the one that stands at most cuts.
 */
function sideInput({ sceneId, from, to }: Side, { segmentPath, format }: RenderOptions): FfmpegInput {
  const seek = from === 0 ? [] : ['-ss', (from / format.fps).toFixed(6)]
  // Reading ends a little behind the last frame, so that no decoder runs ahead of what is wanted.
  const length = ['-t', ((to - from + 0.5) / format.fps).toFixed(6)]
  return { path: segmentPath(sceneId), options: ['-threads', '1', ...seek, ...length] }
}

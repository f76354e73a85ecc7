/** Drawing one piece: ffmpeg decodes the frames it needs from the segments and encodes the result as the clips are. */
import { segmentFileArgs, videoEncoderArgs } from '../../core/media/encoder-args.ts'
import type { FilmFormat } from '../../core/media/format.ts'
import { type FfmpegInput, type FfmpegTools, runFfmpeg, wallLimitMs } from '../../core/platform/ffmpeg.ts'
import { checkGrid, decodeFaults, extradataHashOf, KNOWN_FILE } from './check.ts'
import type { Side } from './cut-list.ts'
import type { DrawingOrder } from './drawing-order.ts'
import { ComposeError } from './errors.ts'
import { readTracks } from './mp4.ts'

export type RenderOptions = {
  tools: FfmpegTools
  order: DrawingOrder
  /** Path of a scene's segment. */
  segmentPath: (sceneId: string) => string
  headerHash: string
  /** Files of the pictures that are burnt in. */
  pictures: readonly string[]
  out: string
  signal?: AbortSignal
}

/** How much dearer than plain work a drawn frame may be: a zoom at 1080p takes a fifth of a second, of a machine that is free. */
const DRAWING_WEIGHT = 10

/**
 * Encodes one piece of the cut list into `out`, and decodes it whole before it is believed.
 * @throws {ComposeError} `film_invalid` when what came out is not exactly the piece
 */
export async function renderPiece(options: RenderOptions): Promise<void> {
  const { tools, order, pictures, out, signal } = options
  const { piece, format, sides, graph } = order
  await runFfmpeg(
    tools,
    {
      inputs: [
        ...sides.map((side) => sideInput(side, options)),
        ...pictures.map((picture) => ({ path: picture })),
      ],
      filter: graph,
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
  const faults = await pieceFaults(options)
  if (faults.length > 0) {
    throw new ComposeError(
      'film_invalid',
      `The piece at frame ${piece.startFrame} is wrong: ${faults.join(', ')}.`,
    )
  }
}

async function pieceFaults({ tools, order, headerHash, out, signal }: RenderOptions): Promise<string[]> {
  const { piece, format } = order
  const [track, ...others] = await readTracks(out)
  if (track?.kind !== 'video' || others.length > 0) return ['not one video track']
  const count =
    track.samples.length === piece.frames ? [] : [`${track.samples.length} of ${piece.frames} frames`]
  const header = extradataHashOf(track) === headerHash ? [] : ['SPS or PPS differ from those of the film']
  const faults = [...count, ...header, ...checkGrid(track.samples, format).faults]
  return faults.length > 0 ? faults : decodeFaults(tools, out, piece.frames, format, signal)
}

/**
 * Microseconds are fine enough to name a frame exactly on our time scale. Earlier would be dear: the decoder would have
 * to begin at the key frame before the one that stands at most cuts.
 */
function sideInput({ sceneId, from, to }: Side, { segmentPath, order }: RenderOptions): FfmpegInput {
  const { fps }: FilmFormat = order.format
  const seek = from === 0 ? [] : ['-ss', (from / fps).toFixed(6)]
  // Reading ends a little behind the last frame, so that no decoder runs ahead of what is wanted.
  const length = ['-t', ((to - from + 0.5) / fps).toFixed(6)]
  return { path: segmentPath(sceneId), options: ['-threads', '1', ...KNOWN_FILE, ...seek, ...length] }
}

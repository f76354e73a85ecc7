/** A picture that an engine drew, made into a clip by moving slowly over it. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { perspectiveFilter, stillTravel } from '../../core/media/camera.ts'
import { segmentFileArgs, videoEncoderArgs } from '../../core/media/encoder-args.ts'
import { type FfmpegTools, runFfmpeg, wallLimitMs } from '../../core/platform/ffmpeg.ts'
import type { Still } from '../../schemas/types.ts'
import { EngineError, type SceneRequest } from './engine.ts'

const MAX_PIXELS = 50_000_000
/** Larger than the film, so that the nearest moment is drawn from pixels rather than between them. */
const RASTER_MOST = 1.5

const even = (value: number): number => 2 * Math.round(value / 2)

/**
 * Writes the clip of a still: exactly `request.frames` frames of the film's format with key frames where the film
 * cuts, so that it is taken over as it is.
 * @returns its path
 * @throws {EngineError} `bad_result` for a file that is no picture
 */
export async function moveStill(
  tools: FfmpegTools,
  picture: string,
  still: Still,
  request: Pick<SceneRequest, 'format' | 'frames' | 'cutFrames' | 'seed' | 'workDir'>,
  signal: AbortSignal,
): Promise<string> {
  const { format, frames, seed, workDir } = request
  const width = even(format.width * Math.min(still.zoom, RASTER_MOST))
  const height = even(format.height * Math.min(still.zoom, RASTER_MOST))
  const raster = join(workDir, 'still.rgb')
  const out = join(workDir, 'moved-still.mp4')
  const pixels = await sharp(picture, { limitInputPixels: MAX_PIXELS, failOn: 'warning' })
    .rotate()
    .flatten({ background: 'black' })
    .resize(width, height, { fit: 'cover', kernel: 'lanczos3' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer()
    .catch((cause: unknown) => {
      throw new EngineError('bad_result', 'The result is no picture that can be read.', {
        retryable: true,
        hostAtFault: true,
        cause,
      })
    })
  await writeFile(raster, pixels, { signal })

  const seconds = frames / format.fps
  const filter = [
    '[0:v]scale=in_range=pc:out_range=tv:out_color_matrix=bt709:flags=accurate_rnd+full_chroma_int',
    'format=yuv420p,loop=loop=-1:size=1:start=0',
    perspectiveFilter(stillTravel(still.zoom, seconds, seed), 1, frames),
    `scale=${format.width}:${format.height}:flags=bicubic,setsar=1[out]`,
  ].join(',')
  const half = Math.round(format.fps / 2)
  const keyFrames = [...new Set([...request.cutFrames, half, frames - half])].filter(
    (n) => n >= 0 && n < frames,
  )
  await runFfmpeg(
    tools,
    {
      inputs: [
        {
          path: raster,
          options: [
            ...['-f', 'rawvideo', '-pixel_format', 'rgb24'],
            ...['-video_size', `${width}x${height}`, '-framerate', String(format.fps)],
          ],
        },
      ],
      filter,
      outputs: [
        {
          path: out,
          options: [
            ...['-map', '[out]', '-frames:v', String(frames)],
            ...videoEncoderArgs(format, keyFrames),
            ...segmentFileArgs(),
          ],
        },
      ],
    },
    { signal, wallMs: wallLimitMs(seconds) },
  )
  return out
}

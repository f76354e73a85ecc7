/** The checks that come before a segment or a film is believed. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { segmentFileArgs, videoEncoderArgs } from '../../core/media/encoder-args.ts'
import { type FilmFormat, VIDEO_TIMESCALE } from '../../core/media/format.ts'
import {
  type FfmpegTools,
  listPackets,
  type MediaInfo,
  probe,
  runFfmpeg,
  wallLimitMs,
} from '../../core/platform/ffmpeg.ts'
import type { Track } from './mp4.ts'

/** Frames by which decoding runs ahead of showing in what our encoder settings make (B-frames that are referred to). */
export const REORDER_FRAMES = 2

/** Ticks of the video time scale that one frame lasts; whole for every film rate. */
export const ticksPerFrame = (format: FilmFormat): number => VIDEO_TIMESCALE / format.fps

/** What a stream must be to be joined with others by copying. `faults` is empty when it is that. */
export type StreamReport = { frames: number; keyFrames: number[]; faults: string[]; info: MediaInfo }

/**
 * Looks at one video file without decoding it: format, parameter set, time stamps on the grid, closed GOPs.
 * @param headerHash what `encoderHeaderHash` gave for this format
 */
export async function inspectStream(
  tools: FfmpegTools,
  file: string,
  format: FilmFormat,
  headerHash: string,
  signal?: AbortSignal,
): Promise<StreamReport> {
  const options = signal ? { signal } : {}
  const [info, packets] = await Promise.all([probe(tools, file, options), listPackets(tools, file, options)])
  const grid = checkGrid(packets, format)
  return {
    frames: packets.length,
    keyFrames: grid.keyFrames,
    faults: [...streamFaults(info, format, headerHash), ...grid.faults],
    info,
  }
}

/** Whether the stream's description is that of our encoder at this format. */
export function streamFaults(info: MediaInfo, format: FilmFormat, headerHash: string): string[] {
  const { video } = info
  if (video === null) return ['no video stream']
  const rules: [boolean, string][] = [
    [video.codec === 'h264', `codec is ${video.codec}`],
    [video.pixelFormat === 'yuv420p', `pixel format is ${video.pixelFormat}`],
    [
      video.width === format.width && video.height === format.height,
      `size is ${video.width}x${video.height}`,
    ],
    [video.rotation === 0 && video.pixelAspect === 1, 'the picture is turned or stretched'],
    [video.timescale === VIDEO_TIMESCALE, `time scale is ${video.timescale}`],
    [video.extradataHash === headerHash, 'SPS or PPS differ from those of the film'],
  ]
  return rules.flatMap(([holds, fault]) => (holds ? [] : [fault]))
}

/** As ffprobe tells it: the decoder configuration, hashed. */
export const extradataHashOf = ({ config }: Pick<Track, 'config'>): string =>
  `SHA256:${createHash('sha256').update(config).digest('hex')}`

/** A packet as the checks need it, in ticks. */
type Stamps = { readonly pts: number | null; readonly dts: number | null; readonly key: boolean }

/**
 * Checks time stamps and GOPs: frame i is shown at exactly i / fps, packets are decoded one a frame, and nothing
 * reaches over a key frame in either direction. Pure.
 */
export function checkGrid(
  packets: readonly Stamps[],
  format: FilmFormat,
): { keyFrames: number[]; faults: string[] } {
  const tick = ticksPerFrame(format)
  const faults: string[] = []
  const keyFrames: number[] = []
  const shown = packets.map(({ pts }) => (pts === null ? Number.NaN : pts / tick))
  const inOrder = shown.toSorted((a, b) => a - b)
  if (packets.length === 0) faults.push('no frames')
  if (inOrder.some((frame, index) => frame !== index)) faults.push('time stamps leave the frame grid')
  // A stream of one or two frames has nothing to reorder.
  const delay = packets.length > REORDER_FRAMES ? REORDER_FRAMES : null
  if (delay !== null && packets.some(({ dts }, index) => dts !== (index - delay) * tick)) {
    faults.push('decoding time stamps leave the frame grid')
  }
  packets.forEach(({ key }, index) => {
    if (!key) return
    keyFrames.push(index)
    // In decoding order a closed GOP holds exactly the frames from its key frame to the next one.
    if (shown[index] !== index) faults.push(`the group of pictures at frame ${index} is open`)
  })
  if (keyFrames[0] !== 0) faults.push('the first frame is no key frame')
  return { keyFrames, faults: [...new Set(faults)] }
}

/** Options for reading files that were looked at before: nothing has to be guessed from their pictures. */
export const KNOWN_FILE = ['-analyzeduration', '0', '-fpsprobesize', '0'] as const

/** Up to this length a second thread of the decoder costs more than it brings. */
const SHORT_S = 2

/**
 * Decodes every frame, and sound where there is some, and gives the faults found: any error ffmpeg prints, or a frame count that is not `frames`.
 */
export async function decodeFaults(
  tools: FfmpegTools,
  file: string,
  frames: number,
  format: FilmFormat,
  signal?: AbortSignal,
): Promise<string[]> {
  const threads = frames <= SHORT_S * format.fps ? ['-threads', '1'] : []
  const { stderr, last } = await runFfmpeg(
    tools,
    {
      inputs: [{ path: file, options: [...threads, ...KNOWN_FILE, '-err_detect', 'explode'] }],
      outputs: [
        { path: '-', options: ['-map', '0:v:0', '-map', '0:a?', '-fps_mode', 'passthrough', '-f', 'null'] },
      ],
    },
    // Warnings differ from one ffmpeg to the next and tell of no lost picture.
    { wallMs: wallLimitMs(frames / format.fps), logLevel: 'error', ...(signal ? { signal } : {}) },
  )
  const faults = stderr.trim() === '' ? [] : [`decoding says: ${stderr.trim().split('\n')[0]!.slice(0, 200)}`]
  return last?.frame === frames ? faults : [...faults, `${last?.frame ?? 0} of ${frames} frames decode`]
}

/** By binary and format; a handful of entries at most, since formats are few. */
const headerHashes = new Map<string, Promise<string>>()

/** Hash of the decoder configuration (SPS, PPS) that our encoder settings give at this format, found by encoding one frame. */
export function encoderHeaderHash(tools: FfmpegTools, format: FilmFormat, workDir: string): Promise<string> {
  const key = `${tools.ffmpeg} ${format.width}x${format.height}@${format.fps}`
  const known = headerHashes.get(key)
  if (known) return known
  const found = encodeOneFrame(tools, format, workDir)
  headerHashes.set(key, found)
  found.catch(() => headerHashes.delete(key))
  return found
}

async function encodeOneFrame(tools: FfmpegTools, format: FilmFormat, workDir: string): Promise<string> {
  const folder = await mkdtemp(path.join(workDir, 'header-'))
  try {
    const file = path.join(folder, 'one.mp4')
    await runFfmpeg(
      tools,
      {
        inputs: [{ lavfi: `color=black:size=${format.width}x${format.height}:rate=${format.fps}` }],
        outputs: [
          {
            path: file,
            options: [
              '-vf',
              'setsar=1',
              '-frames:v',
              '1',
              ...videoEncoderArgs(format, []),
              ...segmentFileArgs(),
            ],
          },
        ],
      },
      { wallMs: 60_000 },
    )
    return (await probe(tools, file)).video?.extradataHash ?? ''
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

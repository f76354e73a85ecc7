/** Making a segment of whatever clip an engine delivered: the film's format, the planned frames, key frames at the cuts. */
import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { copyFile, open, rename, rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { segmentFileArgs, videoEncoderArgs } from '../../core/media/encoder-args.ts'
import type { FilmFormat } from '../../core/media/format.ts'
import {
  FfmpegError,
  type FfmpegTools,
  type MediaInfo,
  probe,
  runFfmpeg,
  wallLimitMs,
} from '../../core/platform/ffmpeg.ts'
import { decodeFaults, encoderHeaderHash, inspectStream } from './check.ts'
import { ComposeError, reasonOf } from './errors.ts'
import { fitFilter } from './fit.ts'

export type ConformOptions = {
  tools: FfmpegTools
  /** The clip as delivered, unchecked. */
  source: string
  format: FilmFormat
  /** Frames the segment must have. */
  frames: number
  /** Where the film cuts into the clip: key frames are wanted there. */
  cutFrames: readonly number[]
  out: string
  workDir: string
  signal?: AbortSignal
  onProgress?: (fraction: number) => void
}

/** `adopted`: the clip was already right and its frames were taken over without encoding. */
export type Segment = {
  path: string
  frames: number
  keyFrames: number[]
  sha256: string
  sizeBytes: number
  adopted: boolean
}

/** Longest gap at the end that is filled by holding the last picture; more would be seen. */
const LONGEST_HOLD_S = 0.25
const LIMITS = { sizeBytes: 4 * 2 ** 30, streams: 8, side: 8_192, durationS: 600, rate: 120 } as const

/**
 * Makes the segment of one clip: exactly `frames` pictures of `format` at a constant rate, without sound, ENCODER
 * settings, closed GOPs at the cut frames (and half a second from either end, where most joins begin). A clip that
 * is all that already is taken over byte for byte. The result was probed and decoded whole before it is returned.
 * @throws {ComposeError} `bad_clip`, `clip_too_short`
 * @throws {FfmpegError} `timeout`, `silent`, `disk_full`, `not_found`; an abort rejects with the signal's reason
 */
export async function conformClip(options: ConformOptions): Promise<Segment> {
  const { source, out, signal } = options
  const part = `${out}.part`
  try {
    await refuseOtherFiles(source)
    const info = await probeClip(options)
    const headerHash = await encoderHeaderHash(options.tools, options.format, options.workDir)
    const adopted = await keyFramesIfSegment(options, source, info, headerHash)
    if (adopted) await copyFile(source, part, constants.COPYFILE_FICLONE)
    else await encode(options, info, part)
    const keyFrames = adopted ?? (await keyFramesOfEncoded(options, part, headerHash))
    const [sha256, { size }] = await Promise.all([hashFile(part), stat(part)])
    await rename(part, out)
    options.onProgress?.(1)
    return {
      path: out,
      frames: options.frames,
      keyFrames,
      sha256,
      sizeBytes: size,
      adopted: adopted !== null,
    }
  } catch (error) {
    throw reasonOf(error, signal)
  } finally {
    await rm(part, { force: true })
  }
}

const wantedKeyFrames = ({ cutFrames, frames }: ConformOptions): number[] =>
  cutFrames.filter((frame) => frame < frames)

/** What engines and proxies send instead of a clip, told by the first bytes; the message says what came. */
async function refuseOtherFiles(source: string): Promise<void> {
  const { size } = await stat(source)
  if (size === 0) throw new ComposeError('bad_clip', 'The engine delivered an empty file.')
  if (size > LIMITS.sizeBytes) throw new ComposeError('bad_clip', 'The clip is larger than 4 GiB.')
  await using file = await open(source)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0)
  const head = buffer.subarray(0, bytesRead)
  const text = head.toString('latin1').trimStart()
  const kinds: [boolean, string][] = [
    [/^<(?:!doctype|html|head|\?xml)/i.test(text), 'a web page or XML'],
    [/^#EXTM3U|^ffconcat|^\[playlist\]/i.test(text), 'a playlist'],
    [/^[{[]\s*"/.test(text), 'JSON'],
    [head.subarray(0, 4).toString('latin1') === '\x89PNG', 'a PNG picture'],
    [head[0] === 0xff && head[1] === 0xd8, 'a JPEG picture'],
  ]
  const kind = kinds.find(([matches]) => matches)?.[1]
  if (kind) throw new ComposeError('bad_clip', `The engine delivered ${kind} instead of a clip.`)
}

async function probeClip({ tools, source, signal }: ConformOptions): Promise<MediaInfo> {
  const info = await probe(tools, source, signal ? { signal } : {}).catch((cause: unknown) => {
    if (cause instanceof FfmpegError && (cause.code === 'failed' || cause.code === 'timeout')) {
      throw new ComposeError('bad_clip', 'The engine delivered a file that is no readable video.', { cause })
    }
    throw cause
  })
  const { video } = info
  if (video === null) throw new ComposeError('bad_clip', 'The clip has no pictures.')
  const rules: [boolean, string][] = [
    [info.streamCount <= LIMITS.streams, `more than ${LIMITS.streams} streams`],
    [Math.max(video.width, video.height) <= LIMITS.side, `sides over ${LIMITS.side} pixels`],
    [Math.min(video.width, video.height) >= 2, 'no picture size'],
    [(info.durationS ?? 0) <= LIMITS.durationS, `more than ${LIMITS.durationS} s`],
    [video.averageRate <= LIMITS.rate, `more than ${LIMITS.rate} frames a second`],
  ]
  const broken = rules.find(([holds]) => !holds)?.[1]
  if (broken) throw new ComposeError('bad_clip', `The clip has ${broken}.`)
  return info
}

/** Key frames of a clip that can be used as it is, down to the bytes of its parameter sets; null for any other. */
async function keyFramesIfSegment(
  options: ConformOptions,
  file: string,
  info: MediaInfo,
  headerHash: string,
): Promise<number[] | null> {
  const { tools, format, frames, signal } = options
  // The cheap look first: only a clip of ours comes this far.
  if (info.streamCount !== 1 || info.video?.extradataHash !== headerHash) return null
  const report = await inspectStream(tools, file, format, headerHash, signal)
  const keyed = wantedKeyFrames(options).every((frame) => report.keyFrames.includes(frame))
  if (report.faults.length > 0 || report.frames !== frames || !keyed) return null
  return (await decodeFaults(tools, file, frames, format, signal)).length === 0 ? report.keyFrames : null
}

/** Holds what we encoded to the same rules, and gives its key frames. */
async function keyFramesOfEncoded(
  options: ConformOptions,
  file: string,
  headerHash: string,
): Promise<number[]> {
  const { tools, format, frames, signal } = options
  const report = await inspectStream(tools, file, format, headerHash, signal)
  if (report.frames < frames) {
    const lackS = (frames - report.frames) / format.fps + LONGEST_HOLD_S
    throw new ComposeError(
      'clip_too_short',
      `The clip is about ${lackS.toFixed(2)} s shorter than the scene.`,
    )
  }
  const unkeyed = wantedKeyFrames(options).filter((frame) => !report.keyFrames.includes(frame))
  const faults = [
    ...report.faults,
    ...unkeyed.map((frame) => `no key frame at ${frame}`),
    ...(await decodeFaults(tools, file, frames, format, signal)),
  ]
  if (faults.length > 0)
    throw new ComposeError('bad_clip', `The conformed clip is damaged: ${faults.join(', ')}.`)
  return report.keyFrames
}

async function encode(options: ConformOptions, info: MediaInfo, part: string): Promise<void> {
  const { tools, source, format, frames, signal, onProgress } = options
  const hold = Math.floor(LONGEST_HOLD_S * format.fps)
  const lengthS = frames / format.fps
  const half = Math.round(format.fps / 2)
  const keyFrames = [...new Set([0, ...options.cutFrames, half, frames - half])].filter(
    (f) => f >= 0 && f < frames,
  )
  const graph = [
    // From the first picture on, whatever time the container gives it; then the film's rate; then its size.
    `[0:v:0]setpts=PTS-STARTPTS,fps=${format.fps}`,
    `tpad=stop_mode=clone:stop=${hold}`,
    `trim=end_frame=${frames}`,
    `${fitFilter(info.video!, format)}[v]`,
  ].join(',')
  const result = await runFfmpeg(
    tools,
    {
      inputs: [{ path: source, options: ['-xerror', '-max_pixels', String(LIMITS.side ** 2)] }],
      filter: graph,
      outputs: [
        {
          path: part,
          options: [
            ...['-map', '[v]', '-frames:v', String(frames)],
            ...videoEncoderArgs(format, keyFrames),
            ...segmentFileArgs(),
          ],
        },
      ],
    },
    {
      wallMs: wallLimitMs(Math.max(lengthS, info.durationS ?? 0)),
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress: ({ frame }) => onProgress(Math.min(1, frame / frames)) } : {}),
    },
  ).catch((cause: unknown) => {
    if (cause instanceof FfmpegError && cause.code === 'failed') {
      throw new ComposeError('bad_clip', `The clip cannot be decoded (${cause.message}).`, { cause })
    }
    throw cause
  })
  if (DAMAGE.test(result.stderr)) throw new ComposeError('bad_clip', 'The clip is damaged or cut short.')
}

/** What decoders print about broken files; ffmpeg ends with 0 after some of it. */
const DAMAGE = /partial file|corrupt|truncat|error while decoding|invalid nal|concealing|Invalid data found/i

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

/** What a media file holds, as ffprobe sees it. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import { FfmpegError, tellingLine } from './errors.ts'
import type { FfmpegTools } from './tools.ts'

export type VideoStream = {
  index: number
  codec: string
  profile: string | null
  /** As in the stream: 40 is level 4.0. */
  level: number | null
  pixelFormat: string | null
  width: number
  height: number
  /** Degrees by which a player turns the picture: 0, 90, 180, 270. */
  rotation: number
  /** Width of a pixel over its height; 1 for square ones and where nothing is said. */
  pixelAspect: number
  /** Frames a second by the container: lowest exact rate and average. They differ when the rate varies. */
  rate: number
  averageRate: number
  /** Ticks a second of the time stamps. */
  timescale: number
  durationS: number | null
  /** Packets read, which is frames; null unless `countFrames` was asked for. */
  frames: number | null
  /** Frames that the container says there are, where it says so. */
  declaredFrames: number | null
  colour: { space: string | null; transfer: string | null; primaries: string | null; range: string | null }
  /** Hash over the decoder configuration: equal hashes decode with one parameter set. */
  extradataHash: string | null
}

export type AudioStream = {
  index: number
  codec: string
  sampleRate: number
  channels: number
  durationS: number | null
}

export type MediaInfo = {
  formatName: string
  durationS: number | null
  sizeBytes: number
  streamCount: number
  /** The first of each kind; pictures of a cover are no films. */
  video: VideoStream | null
  audio: AudioStream | null
  /** All of them, covers included. */
  everyVideo: readonly VideoStream[]
  everyAudio: readonly AudioStream[]
  title: string | null
}

/** Time stamps in ticks of the stream's time scale, in file order. */
export type Packet = { pts: number | null; dts: number | null; key: boolean; sizeBytes: number }

/** H.264 parameter sets, each NAL unit as hex. */
export type ParameterSets = { sps: string[]; pps: string[] }

export type ProbeOptions = {
  signal?: AbortSignal
  wallMs?: number
  countFrames?: boolean
  /** Name of the only demuxer that may read the file; the best fitting one by default. */
  format?: string
}

const PROBE_MS = 15_000
const REPLY_CAP = 32 * 2 ** 20

type RawStream = Record<string, unknown> & { codec_type?: string }

/**
 * Describes a local file.
 * @throws {FfmpegError} `failed` when it is no media file, `timeout`, `killed`, `not_found`
 */
export async function probe(
  tools: FfmpegTools,
  file: string,
  options: ProbeOptions = {},
): Promise<MediaInfo> {
  const count = options.countFrames ? ['-count_packets'] : []
  const text = await runFfprobe(
    tools,
    [...count, '-show_data_hash', 'sha256', '-show_format', '-show_streams', '-of', 'json', localFile(file)],
    options,
  )
  const reply = parseReply(text) as { format?: Record<string, unknown>; streams?: RawStream[] }
  const streams = reply.streams ?? []
  const everyVideo = streams.filter((s) => s.codec_type === 'video')
  const everyAudio = streams.filter((s) => s.codec_type === 'audio').map(toAudio)
  const video = everyVideo.find((s) => !isCover(s))
  const format = reply.format ?? {}
  const tags = (format.tags ?? {}) as Record<string, unknown>
  return {
    formatName: String(format.format_name ?? ''),
    durationS: numberOrNull(format.duration),
    sizeBytes: Number(format.size ?? 0),
    streamCount: streams.length,
    video: video ? toVideo(video) : null,
    audio: everyAudio[0] ?? null,
    everyVideo: everyVideo.map(toVideo),
    everyAudio,
    title: textOrNull(tags.title),
  }
}

/** Lists the packets of one stream (`v:0` by default) in file order, which is decoding order. */
export async function listPackets(
  tools: FfmpegTools,
  file: string,
  options: ProbeOptions & { stream?: string } = {},
): Promise<Packet[]> {
  const stream = options.stream ?? 'v:0'
  const entries = [
    '-select_streams',
    stream,
    '-show_entries',
    'packet=pts,dts,size,flags',
    '-of',
    'compact=p=0',
  ]
  const text = await runFfprobe(tools, [...entries, localFile(file)], options)
  const packets: Packet[] = []
  for (const line of text.split('\n')) {
    const fields = new Map(line.split('|').map((field) => field.split('=', 2) as [string, string]))
    const size = fields.get('size')
    if (size === undefined) continue
    const key = (fields.get('flags') ?? '').startsWith('K')
    packets.push({
      pts: ticks(fields.get('pts')),
      dts: ticks(fields.get('dts')),
      key,
      sizeBytes: Number(size),
    })
  }
  return packets
}

/**
 * The SPS and PPS from the header of an H.264 file.
 * @throws {FfmpegError} `failed` when there is no H.264 header
 */
export async function parameterSets(
  tools: FfmpegTools,
  file: string,
  options: ProbeOptions = {},
): Promise<ParameterSets> {
  const entries = ['-select_streams', 'v:0', '-show_data', '-show_entries', 'stream=extradata', '-of', 'json']
  const reply = parseReply(await runFfprobe(tools, [...entries, localFile(file)], options))
  const dump = (reply as { streams?: { extradata?: string }[] }).streams?.[0]?.extradata
  if (typeof dump !== 'string') throw new FfmpegError('failed', 'the file has no H.264 header')
  // "00000000: 0164 0028 ffe1 ...  .d.(": offset, bytes, the same as text.
  const hex = dump
    .split('\n')
    .map((line) => /^[0-9a-f]{8}: ((?:[0-9a-f]{2,4} )+)/.exec(line)?.[1]?.replaceAll(' ', '') ?? '')
    .join('')
  return parseAvcC(Buffer.from(hex, 'hex'))
}

/** Reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1). */
export function parseAvcC(bytes: Buffer): ParameterSets {
  const bad = () => new FfmpegError('failed', 'the H.264 header is damaged')
  if (bytes.length < 7 || bytes[0] !== 1) throw bad()
  let at = 5
  const readSets = (count: number): string[] =>
    Array.from({ length: count }, () => {
      if (at + 2 > bytes.length) throw bad()
      const length = bytes.readUInt16BE(at)
      at += 2 + length
      if (at > bytes.length) throw bad()
      return bytes.subarray(at - length, at).toString('hex')
    })
  const sps = readSets(bytes[at++]! & 0x1f)
  if (at >= bytes.length) throw bad()
  const pps = readSets(bytes[at++]!)
  return { sps, pps }
}

const isCover = (stream: RawStream): boolean =>
  (stream.disposition as Record<string, number> | undefined)?.attached_pic === 1

const toAudio = (raw: RawStream): AudioStream => ({
  index: Number(raw.index),
  codec: String(raw.codec_name ?? 'unknown'),
  sampleRate: Number(raw.sample_rate ?? 0),
  channels: Number(raw.channels ?? 0),
  durationS: numberOrNull(raw.duration),
})

function toVideo(raw: RawStream): VideoStream {
  const sides = (raw.side_data_list ?? []) as Record<string, unknown>[]
  const turn = Number(sides.find((side) => side.rotation !== undefined)?.rotation ?? 0)
  return {
    index: Number(raw.index),
    codec: String(raw.codec_name ?? 'unknown'),
    profile: textOrNull(raw.profile),
    level: numberOrNull(raw.level),
    pixelFormat: textOrNull(raw.pix_fmt),
    width: Number(raw.width ?? 0),
    height: Number(raw.height ?? 0),
    rotation: ((Math.round(-turn) % 360) + 360) % 360,
    pixelAspect: ratio(raw.sample_aspect_ratio, ':') || 1,
    rate: ratio(raw.r_frame_rate, '/'),
    averageRate: ratio(raw.avg_frame_rate, '/'),
    timescale: Math.round(1 / (ratio(raw.time_base, '/') || 1)),
    durationS: numberOrNull(raw.duration),
    frames: numberOrNull(raw.nb_read_packets),
    declaredFrames: numberOrNull(raw.nb_frames),
    colour: {
      space: textOrNull(raw.color_space),
      transfer: textOrNull(raw.color_transfer),
      primaries: textOrNull(raw.color_primaries),
      range: textOrNull(raw.color_range),
    },
    extradataHash: textOrNull(raw.extradata_hash),
  }
}

function localFile(file: string): string {
  if (path.isAbsolute(file)) return file
  throw new TypeError(`not an absolute path: ${file}`)
}

const textOrNull = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null

function numberOrNull(value: unknown): number | null {
  const number =
    typeof value === 'number' ? value : typeof value === 'string' ? Number.parseFloat(value) : Number.NaN
  return Number.isFinite(number) ? number : null
}

const ticks = (text: string | undefined): number | null =>
  text === undefined || !/^-?\d+$/.test(text) ? null : Number(text)

/** `30000/1001` or `4:3` as a number; 0 where it says nothing. */
function ratio(value: unknown, separator: string): number {
  const [above = 0, below = 0] = String(value ?? '')
    .split(separator)
    .map(Number)
  return Number.isFinite(above / below) ? above / below : 0
}

function parseReply(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new FfmpegError('failed', 'ffprobe gave no readable answer', { cause })
  }
}

function runFfprobe(tools: FfmpegTools, args: string[], options: ProbeOptions): Promise<string> {
  const { signal, wallMs = PROBE_MS } = options
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  if (signal?.aborted) {
    return Promise.reject(
      new FfmpegError('killed', 'ffprobe was stopped', { aborted: true, cause: signal.reason }),
    )
  }
  const formats = options.format
    ? ['-format_whitelist', options.format, '-f', options.format]
    : ['-format_whitelist', PROBED_FORMATS]
  const whitelist = ['-protocol_whitelist', 'file,pipe', ...formats]
  const [program = tools.ffprobe, ...before] = [...tools.guard, tools.ffprobe]
  const child = spawn(program, [...before, '-v', 'error', ...whitelist, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks: Buffer[] = []
  let size = 0
  let stderr = ''
  let fault: FfmpegError | null = null
  const stop = (error: FfmpegError): void => {
    fault ??= error
    child.kill('SIGKILL')
  }
  const onAbort = () =>
    stop(new FfmpegError('killed', 'ffprobe was stopped', { aborted: true, cause: signal?.reason }))
  const timer = setTimeout(() => stop(new FfmpegError('timeout', 'ffprobe took too long')), wallMs)
  signal?.addEventListener('abort', onAbort, { once: true })
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > REPLY_CAP) stop(new FfmpegError('failed', 'ffprobe printed without end'))
    else chunks.push(chunk)
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-65_536)
  })
  child.on('error', (cause) => {
    fault ??= new FfmpegError('not_found', 'ffprobe cannot be started', { cause })
  })
  child.on('close', (code, endSignal) => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
    if (fault) reject(fault)
    else if (endSignal !== null)
      reject(new FfmpegError('killed', `ffprobe was ended by ${endSignal}`, { stderr }))
    else if (code !== 0) reject(new FfmpegError('failed', `ffprobe: ${tellingLine(stderr)}`, { stderr }))
    else resolve(Buffer.concat(chunks).toString('utf8'))
  })
  return promise
}

/** As for ffmpeg's inputs: nothing that names further files. */
const PROBED_FORMATS =
  'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,gif,apng,webp_pipe,h264,hevc,ivf,' +
  'wav,w64,mp3,aac,flac,aiff,yuv4mpegpipe,png_pipe,jpeg_pipe,nut'

/**
 * A look into an uploaded file, on the local disk: is it what it says it is, from beginning to end, and within the
 * limits; how large, how long; and a small picture of it. Decoders run in other threads and processes.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import sharp from 'sharp'
import { FfmpegError, type FfmpegTools, type MediaInfo, probe, runFfmpeg } from '../platform/ffmpeg.ts'
import { boxFault, riffFault } from './containers.ts'
import { lengthFault, MAX_PICTURE_FRAMES, MAX_PICTURE_SIDE, MAX_PIXELS, streamFault } from './limits.ts'
import type { AssetType } from './media-types.ts'
import { createPeakMeter, type Peak } from './peaks.ts'

/** What was measured, under the names that the API has for it. */
export type Measured = {
  width?: number
  height?: number
  /** Of an animated picture. */
  frames?: number
  /** Seconds. */
  duration?: number
  fps?: number
  sample_rate?: number
  channels?: number
  peaks?: readonly Peak[]
}

export type Inspection = {
  measured: Measured
  /** WebP, its longer side 320 pixels at most. */
  thumbnail: { bytes: Buffer; width: number; height: number } | null
}

/** The file cannot be used; `message` says why, in words that follow "the file cannot be used: ". */
export class Unusable extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'Unusable'
  }
}

export type InspectOptions = {
  tools: () => Promise<FfmpegTools>
  /** Folder for what is made on the way. */
  workDir: string
  signal: AbortSignal
}

const THUMBNAIL_SIDE = 320
const PEAKS = 200
const PEAK_RATE = 16_000
const WALL_MS = 25_000
/** Others have to be served as well. */
const GENTLY = { niceness: 10 }
/** The one demuxer that reads a type: what a file pretends to be beyond that is not listened to. */
const DEMUXERS: Readonly<Partial<Record<AssetType, string>>> = {
  'audio/mpeg': 'mp3',
  'audio/wav': 'wav',
  'audio/ogg': 'ogg',
  'video/mp4': 'mov',
}

/** @throws {Unusable} */
export async function inspectFile(
  path: string,
  type: AssetType,
  options: InspectOptions,
): Promise<Inspection> {
  if (type.startsWith('image/')) return inspectPicture(path, type)
  return type === 'video/mp4' ? inspectVideo(path, options) : inspectAudio(path, type, options)
}

async function inspectPicture(path: string, type: AssetType): Promise<Inspection> {
  const read = (pages: number) =>
    sharp(path, { limitInputPixels: MAX_PIXELS, failOn: 'warning', pages, sequentialRead: true })
  try {
    const { format, width, height, pages = 1, pageHeight = height } = await read(-1).metadata()
    if (`image/${format}` !== type) throw new Unusable(`it is a picture of the type ${format}`)
    if (pages > MAX_PICTURE_FRAMES)
      throw new Unusable(`it has ${pages} frames; ${MAX_PICTURE_FRAMES} are the most`)
    if (Math.max(width, pageHeight) > MAX_PICTURE_SIDE)
      throw new Unusable(`it is ${width}x${pageHeight}; ${MAX_PICTURE_SIDE} pixels are the longest side`)
    if (width * pageHeight * pages > MAX_PIXELS)
      throw new Unusable(`it has more than ${MAX_PIXELS / 1_000_000} million pixels`)
    // Decodes every pixel: a file that breaks off is found here, not in the middle of a render.
    await read(-1).stats()
    const measured = { width, height: pageHeight, ...(pages > 1 ? { frames: pages } : {}) }
    return { measured, thumbnail: await thumbnailOf(path) }
  } catch (error) {
    if (error instanceof Unusable) throw error
    throw new Unusable('the picture cannot be read to its end, or has more than 50 million pixels', error)
  }
}

async function thumbnailOf(path: string): Promise<NonNullable<Inspection['thumbnail']>> {
  const { data, info } = await sharp(path, { limitInputPixels: MAX_PIXELS })
    .autoOrient()
    .resize(THUMBNAIL_SIDE, THUMBNAIL_SIDE, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer({ resolveWithObject: true })
  return { bytes: data, width: info.width, height: info.height }
}

/** What ffprobe says, with every frame counted. */
async function look(path: string, type: AssetType, { tools, signal }: InspectOptions): Promise<MediaInfo> {
  const format = DEMUXERS[type]!
  const info = await readable(
    probe(await tools(), path, { signal, countFrames: true, format, wallMs: WALL_MS }),
  )
  const fault = streamFault(info)
  if (fault) throw new Unusable(fault)
  return info
}

/** What ffmpeg cannot read is the file's fault; that it was stopped, or is not there, is not. */
async function readable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof FfmpegError && error.code === 'failed')
      throw new Unusable('it cannot be read', error)
    throw error
  }
}

function requireLength(seconds: number): void {
  const fault = lengthFault(seconds)
  if (fault) throw new Unusable(fault)
}

async function inspectAudio(path: string, type: AssetType, options: InspectOptions): Promise<Inspection> {
  const fault = type === 'audio/wav' ? await riffFault(path) : null
  if (fault) throw new Unusable(fault)
  const info = await look(path, type, options)
  if (!info.audio) throw new Unusable('it holds no sound')
  if (info.video) throw new Unusable('it holds a film')
  requireLength(info.durationS ?? Number.NaN)
  const heard = await listen(path, type, options)
  requireLength(heard.seconds)
  const measured = {
    duration: rounded(heard.seconds),
    sample_rate: info.audio.sampleRate,
    channels: info.audio.channels,
    peaks: heard.peaks,
  }
  return { measured, thumbnail: null }
}

/** Decodes the whole sound. */
async function listen(
  path: string,
  type: AssetType,
  { tools, signal }: InspectOptions,
): Promise<{ seconds: number; peaks: Peak[] }> {
  const meter = createPeakMeter()
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      meter.take(chunk)
      done()
    },
  })
  await readable(
    runFfmpeg(
      await tools(),
      {
        inputs: [{ path, options: ['-f', DEMUXERS[type]!, '-threads', '2'] }],
        outputs: [
          {
            path: 'pipe:1',
            options: ['-map', '0:a:0', '-vn', '-ac', '1', '-ar', String(PEAK_RATE), '-f', 's16le'],
          },
        ],
      },
      { signal, stdout, wallMs: WALL_MS, logLevel: 'error', ...GENTLY },
    ),
  )
  return { seconds: meter.samples / PEAK_RATE, peaks: meter.peaks(PEAKS) }
}

async function inspectVideo(path: string, options: InspectOptions): Promise<Inspection> {
  const fault = await boxFault(path)
  if (fault) throw new Unusable(fault)
  const info = await look(path, 'video/mp4', options)
  const { video } = info
  if (!video) throw new Unusable('it holds no film')
  if (!video.frames) throw new Unusable('it has no frames')
  if (video.declaredFrames !== null && video.frames < video.declaredFrames)
    throw new Unusable('it breaks off')
  const seconds = Math.max(info.durationS ?? 0, video.durationS ?? 0)
  requireLength(seconds)
  const rate = video.frames / (video.durationS ?? seconds)
  if (!Number.isFinite(rate)) throw new Unusable('it has no length')
  const rateFault = streamFault({ ...info, everyVideo: [{ ...video, averageRate: rate }] })
  if (rateFault) throw new Unusable(rateFault)
  const isTurned = video.rotation % 180 !== 0
  const measured = {
    width: isTurned ? video.height : video.width,
    height: isTurned ? video.width : video.height,
    duration: rounded(seconds),
    fps: rounded(video.averageRate || rate),
    ...(info.audio ? { sample_rate: info.audio.sampleRate, channels: info.audio.channels } : {}),
  }
  return { measured, thumbnail: await grab(path, seconds, options) }
}

/** A frame from early in the film, where the first one is black often enough; the first one of a very short film. */
async function grab(
  path: string,
  seconds: number,
  options: InspectOptions,
): Promise<Inspection['thumbnail']> {
  for (const at of [Math.min(1, seconds / 3), 0]) {
    const picture = await frameAt(path, at, options)
    if (picture) return thumbnailOf(picture)
  }
  throw new Unusable('none of its frames can be decoded')
}

async function frameAt(
  path: string,
  at: number,
  { tools, workDir, signal }: InspectOptions,
): Promise<string | null> {
  const picture = join(workDir, `frame-${at === 0 ? 'first' : 'early'}.png`)
  const side = `w='min(${THUMBNAIL_SIDE},iw)':h='min(${THUMBNAIL_SIDE},ih)':force_original_aspect_ratio=decrease`
  await readable(
    runFfmpeg(
      await tools(),
      {
        inputs: [{ path, options: ['-f', 'mov', '-threads', '1', '-ss', at.toFixed(3)] }],
        outputs: [
          {
            path: picture,
            // Pixels that are not square are made so first.
            options: [
              '-map',
              '0:V:0',
              '-frames:v',
              '1',
              '-vf',
              `scale=w='max(1,iw*sar)':h=ih,setsar=1,scale=${side}`,
              '-update',
              '1',
              '-f',
              'image2',
            ],
          },
        ],
      },
      { signal, wallMs: WALL_MS, logLevel: 'error', ...GENTLY },
    ),
  )
  const { size } = await stat(picture).catch(() => ({ size: 0 }))
  return size > 0 ? picture : null
}

const rounded = (seconds: number): number => Math.round(seconds * 1_000) / 1_000

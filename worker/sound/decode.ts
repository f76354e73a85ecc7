/** From a file that somebody uploaded to samples on our disk: typed by its content, within limits, measured on the way. */
import { createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { riffFault } from '../../core/assets/containers.ts'
import { lengthFault, streamFault } from '../../core/assets/limits.ts'
import { type AssetType, SNIFF_BYTES, sniffType } from '../../core/assets/media-types.ts'
import { FfmpegError, type FfmpegTools, probe, runFfmpeg, wallLimitMs } from '../../core/platform/ffmpeg.ts'
import { UnusableSound } from './errors.ts'
import { createLevelMeter, type SoundLevel } from './level.ts'
import { createUnpacker, FRAME_BYTES, PCM_FORMAT } from './pcm.ts'

/** The one demuxer that reads a type: what a file pretends to be beyond that is not listened to. */
const DEMUXERS: Readonly<Partial<Record<AssetType, string>>> = {
  'audio/mpeg': 'mp3',
  'audio/wav': 'wav',
  'audio/ogg': 'ogg',
}
const RATE = 48_000
/** Of the longest sound that may be uploaded, and a little more for what a decoder adds. */
const MOST_BYTES = 601 * RATE * FRAME_BYTES

export type DecodeOptions = {
  tools: FfmpegTools
  source: string
  out: string
  /** Samples wanted from the beginning on; all of them by default. */
  samples?: number
  signal: AbortSignal
}

/**
 * Decodes a sound to stereo samples.
 * @returns how many there are, and how loud they are
 * @throws {UnusableSound} when the file is no sound, or outside the limits; {FfmpegError} for everything else
 */
export async function decodeSound({
  tools,
  source,
  out,
  samples,
  signal,
}: DecodeOptions): Promise<SoundLevel> {
  const demuxer = await demuxerOf(source)
  const info = await readable(probe(tools, source, { signal, format: demuxer }))
  const { audio } = info
  if (!audio) throw new UnusableSound('it holds no sound')
  const fault = streamFault(info) ?? lengthFault(info.durationS ?? Number.NaN)
  if (fault) throw new UnusableSound(fault)
  const meter = createLevelMeter()
  const unpack = createUnpacker()
  let written = 0
  const measured = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      written += chunk.length
      if (written > MOST_BYTES) return done(new UnusableSound('it is longer than it says'))
      meter.take(unpack(chunk))
      done(null, chunk)
    },
  })
  const writing = pipeline(measured, createWriteStream(out))
  // Whatever ends the writing is told by the run or below.
  writing.catch(() => {})
  const part = samples === undefined ? [] : ['-af', `atrim=end_sample=${samples}`]
  const run = runFfmpeg(
    tools,
    {
      inputs: [{ path: source, options: ['-f', demuxer, '-threads', '1'] }],
      outputs: [{ path: 'pipe:1', options: ['-map', '0:a:0', '-vn', ...resampled(part), ...PCM_FORMAT] }],
    },
    { signal, stdout: measured, wallMs: wallLimitMs(info.durationS!), logLevel: 'error' },
  )
  const { stderr } = await readable(run)
  await writing
  if (DAMAGE.test(stderr)) throw new UnusableSound('it is damaged, or breaks off')
  const level = meter.level()
  if (level.samples === 0) throw new UnusableSound('it has no length')
  return level
}

/** Trimming counts samples of the mix, so the rate is changed before. */
const resampled = (filters: readonly string[]): string[] =>
  filters.length === 0 ? [] : [filters[0]!, `aresample=${RATE},${filters[1]!}`]

/** What decoders print about broken files; ffmpeg ends with 0 after some of it. */
const DAMAGE = /partial file|corrupt|truncat|error while decoding|invalid data|overread|header missing/i

async function demuxerOf(source: string): Promise<string> {
  const file = await open(source)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0)
    if (bytesRead === 0) throw new UnusableSound('it is empty')
    // Nobody can upload FLAC; spoken lines are kept as such.
    if (buffer.toString('latin1', 0, 4) === 'fLaC') return 'flac'
    const type = sniffType(buffer.subarray(0, bytesRead))
    const demuxer = type && DEMUXERS[type]
    if (!demuxer) throw new UnusableSound('it is no MP3, WAV or Ogg file')
    if (type === 'audio/wav') {
      const fault = await riffFault(source)
      if (fault) throw new UnusableSound(fault)
    }
    return demuxer
  } finally {
    await file.close()
  }
}

/** What ffmpeg cannot read is the file's fault; that it was stopped, or is not there, is not. */
async function readable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof FfmpegError && error.code === 'failed')
      throw new UnusableSound('it cannot be read', error)
    throw error
  }
}

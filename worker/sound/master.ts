/** From the mix to the film's sound: to the loudness of its profile, below its peak limit, as AAC of exactly its length. */
import { open, stat } from 'node:fs/promises'
import { Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { type FfmpegTools, runFfmpeg, wallLimitMs } from '../../core/platform/ffmpeg.ts'
import { fromDb } from '../../core/sound/loudness.ts'
import { type Stereo, scale } from '../../core/sound/signal.ts'
import type { LoudnessProfile } from '../../core/storyboard/render-options.ts'
import { createLevelMeter, type SoundLevel } from './level.ts'
import { createLimiter } from './limiter.ts'
import { createUnpacker, PCM_FORMAT, pieces, toBytes } from './pcm.ts'

/** LUFS of the whole film; null: as mixed. */
export const TARGETS: Record<LoudnessProfile, number | null> = { web: -14, 'ebu-r128': -23, none: null }
export const PEAK_LIMIT_DB = -1
/** The encoder changes peaks a little; what it adds beyond this is found by listening to the result. */
const ENCODER_ROOM_DB = 0.3
/** A film that is almost silent is not blown up to noise. */
const MOST_GAIN_DB = 24
/** A single bang does not force the rest up: peaks are pressed by this much at most. */
const MOST_LIMITING_DB = 12
const CLOSE_ENOUGH_LU = 0.1
const ENCODED_CLOSE_ENOUGH_LU = 0.2
const MOST_ROUNDS = 3
const BITRATE = '192k'

export type MasterOptions = {
  tools: FfmpegTools
  mixed: AsyncIterable<Stereo>
  samples: number
  profile: LoudnessProfile
  workDir: string
  signal: AbortSignal
  /** 0 to 1. */
  onProgress?: (fraction: number) => void
}

/** `level` is that of the encoded sound. */
export type Mastered = { path: string; sizeBytes: number; level: SoundLevel }

/** Mixes and encodes. @throws {FfmpegError} */
export async function masterSound(options: MasterOptions): Promise<Mastered> {
  const { profile, signal, workDir, onProgress } = options
  const mixPath = `${workDir}/mix.pcm`
  const mixLevel = await writeMix(options, mixPath)
  onProgress?.(0.5)
  const out = `${workDir}/sound.m4a`
  let target = TARGETS[profile]
  let ceilingDb = PEAK_LIMIT_DB - ENCODER_ROOM_DB
  // Encoding changes peaks, and takes some loudness from noise: what came out decides whether it is done once more.
  for (let round = 1; ; round++) {
    const { gainDb, isHeldBack } = await findGain(mixPath, mixLevel, target, ceilingDb, signal)
    const level = await encode(options, finish(mixPath, mixLevel, gainDb, ceilingDb, signal), out)
    const over = level.truePeakDb - PEAK_LIMIT_DB
    const missing = TARGETS[profile] === null || isHeldBack ? 0 : TARGETS[profile] - level.lufs
    const isGood = over <= 0 && Math.abs(missing) < ENCODED_CLOSE_ENOUGH_LU
    if (isGood || round === MOST_ROUNDS) return { path: out, sizeBytes: (await stat(out)).size, level }
    if (over > 0) ceilingDb -= over + 0.1
    if (target !== null) target += missing
  }
}

async function writeMix({ mixed, signal }: MasterOptions, path: string): Promise<SoundLevel> {
  const meter = createLevelMeter()
  const file = await open(path, 'w')
  try {
    for await (const piece of mixed) {
      signal.throwIfAborted()
      meter.take(piece)
      await file.write(toBytes(piece))
    }
  } finally {
    await file.close()
  }
  return meter.level()
}

/**
 * The gain that brings the mix to its target. Limiting takes loudness away, so it is measured with the limiter on, and
 * what is missing is added. `isHeldBack`: the target would take more than is good for the sound.
 */
async function findGain(
  path: string,
  mix: SoundLevel,
  target: number | null,
  ceilingDb: number,
  signal: AbortSignal,
): Promise<{ gainDb: number; isHeldBack: boolean }> {
  if (target === null || !Number.isFinite(mix.lufs)) return { gainDb: 0, isHeldBack: true }
  // Of the limit, not of the ceiling: room for what the encoder adds is no reason for a softer film.
  const most = Math.min(MOST_GAIN_DB, PEAK_LIMIT_DB - mix.truePeakDb + MOST_LIMITING_DB)
  let gainDb = Math.min(most, target - mix.lufs)
  for (let round = 0; round < MOST_ROUNDS && mix.truePeakDb + gainDb > ceilingDb; round++) {
    const meter = createLevelMeter()
    for await (const piece of finish(path, mix, gainDb, ceilingDb, signal)) meter.take(piece)
    const missing = target - meter.level().lufs
    if (Math.abs(missing) < CLOSE_ENOUGH_LU || gainDb === most) break
    gainDb = Math.min(most, gainDb + missing)
  }
  return { gainDb, isHeldBack: gainDb === most }
}

/** The mix as it goes into the film. */
async function* finish(
  path: string,
  mix: SoundLevel,
  gainDb: number,
  ceilingDb: number,
  signal: AbortSignal,
): AsyncGenerator<Stereo> {
  const isLimited = mix.truePeakDb + gainDb > ceilingDb
  const limiter = isLimited ? createLimiter(fromDb(ceilingDb)) : null
  const gain = fromDb(gainDb)
  for await (const piece of pieces(path)) {
    signal.throwIfAborted()
    scale(piece.left, gain)
    scale(piece.right, gain)
    yield limiter ? limiter.take(piece) : piece
  }
  if (limiter) yield limiter.end()
}

async function* asBytes(sound: AsyncIterable<Stereo>): AsyncGenerator<Buffer> {
  for await (const piece of sound) if (piece.left.length > 0) yield toBytes(piece)
}

/** Encodes a sound, and listens to what came out. */
async function encode(
  { tools, samples, signal }: MasterOptions,
  sound: AsyncIterable<Stereo>,
  out: string,
): Promise<SoundLevel> {
  const wallMs = wallLimitMs(samples / 48_000)
  await runFfmpeg(
    tools,
    {
      inputs: [{ path: 'pipe:0', options: [...PCM_FORMAT] }],
      outputs: [
        {
          path: out,
          options: [
            ...['-c:a', 'aac', '-b:a', BITRATE, '-map_metadata', '-1'],
            ...['-fflags', '+bitexact', '-flags:a', '+bitexact'],
            // The edit list says where the sound ends; by default it counts in milliseconds.
            ...['-movie_timescale', '48000', '-f', 'mp4'],
          ],
        },
      ],
    },
    { signal, stdin: Readable.from(asBytes(sound)), wallMs },
  )
  const meter = createLevelMeter()
  const unpack = createUnpacker()
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      meter.take(unpack(chunk))
      done()
    },
  })
  await runFfmpeg(
    tools,
    {
      inputs: [{ path: out, options: ['-f', 'mov'] }],
      outputs: [{ path: 'pipe:1', options: ['-map', '0:a:0', ...PCM_FORMAT] }],
    },
    { signal, stdout, wallMs },
  )
  await finished(stdout)
  return meter.level()
}

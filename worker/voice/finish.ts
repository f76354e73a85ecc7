/** Speech made fit for the film: without silence at either end, at one loudness, 48 kHz mono FLAC. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Readable, Writable } from 'node:stream'
import { createPeakMeter, type Peak } from '../../core/assets/peaks.ts'
import { FfmpegError, type FfmpegTools, probe, runFfmpeg, wallLimitMs } from '../../core/platform/ffmpeg.ts'
import { fromDb, integratedLoudness } from '../../core/sound/loudness.ts'
import { VoiceError, type WordTime } from './engine.ts'

/** Part of the content key of a line: raised when `finishSpeech` makes other bytes of the same sound. */
export const FINISH_VERSION = 1
export const SPEECH_RATE = 48_000

const LIMITS = { sizeBytes: 32 * 2 ** 20, durationS: 240, channels: 8 } as const
/** Below this it is silence: -50 dB. */
const AUDIBLE = fromDb(-50)
/** Silence that is left at either end, so that no breath is cut. */
const MARGIN_S = 0.02
/** As heard from two loudspeakers. */
const LOUDNESS_LUFS = -16
/** A whisper is not blown up to a shout. */
const MOST_GAIN_DB = 18
const CEILING = fromDb(-1.5)
const PEAKS = 100
/** Letters a second. */
const FASTEST_RATE = 60
/** As much of it is measured; nobody becomes louder after a minute. */
const MEASURED_S = 60

export type FinishedSpeech = {
  path: string
  sha256: string
  sizeBytes: number
  durationS: number
  sampleRate: number
  wordTimes: WordTime[] | null
  /** Its shape, for a small picture of it. */
  peaks: Peak[]
}

export type FinishOptions = {
  tools: FfmpegTools
  /** The sound as delivered, unchecked. */
  source: string
  wordTimes: readonly WordTime[] | null
  /** What it says: speech that is far too short for it was cut off on the way. */
  text: string
  out: string
  signal: AbortSignal
}

/**
 * @throws {VoiceError} `bad_speech` when the file is no sound, is too long, or holds nothing but silence
 * @throws {FfmpegError} `timeout`, `silent`, `disk_full`; an abort rejects with the signal's reason
 */
export async function finishSpeech(options: FinishOptions): Promise<FinishedSpeech> {
  const { tools, out, signal } = options
  try {
    await look(options)
    const sound = await decode(options)
    const { from, to } = audibleRange(sound)
    if ((to - from) / SPEECH_RATE < shortestS(options))
      throw new VoiceError('bad_speech', 'the speech ends before its text does')
    const fromS = from / SPEECH_RATE
    const samples = levelled(sound.subarray(from, to))
    await encode(options, samples)
    const made = await probe(tools, out, { signal })
    if (made.audio?.sampleRate !== SPEECH_RATE || made.audio.channels !== 1 || !made.durationS)
      throw new VoiceError('bad_speech', 'the converted speech cannot be read')
    const bytes = await readFile(out)
    return {
      path: out,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      sizeBytes: bytes.length,
      durationS: made.durationS,
      sampleRate: SPEECH_RATE,
      wordTimes: options.wordTimes?.map((word) => moved(word, fromS, made.durationS!)) ?? null,
      peaks: shapeOf(samples),
    }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof FfmpegError && error.code === 'failed')
      throw new VoiceError('bad_speech', 'the sound is damaged or cut short', { cause: error })
    throw error
  }
}

/** Nobody speaks faster than this, and no word is heard after the end. */
function shortestS({ text, wordTimes }: FinishOptions): number {
  const spokenS = (wordTimes?.at(-1)?.startS ?? 0) - (wordTimes?.[0]?.startS ?? 0)
  return Math.max(text.length / FASTEST_RATE, spokenS)
}

async function look({ tools, source, signal }: FinishOptions): Promise<void> {
  const info = await probe(tools, source, { signal }).catch((cause: unknown) => {
    signal.throwIfAborted()
    if (cause instanceof FfmpegError && (cause.code === 'failed' || cause.code === 'timeout'))
      throw new VoiceError('bad_speech', 'the answer is no readable sound', { cause })
    throw cause
  })
  if (!info.audio) throw new VoiceError('bad_speech', 'the answer holds no sound')
  if (info.sizeBytes > LIMITS.sizeBytes) throw new VoiceError('bad_speech', 'the sound is larger than 32 MiB')
  if ((info.durationS ?? 0) > LIMITS.durationS || info.audio.channels > LIMITS.channels)
    throw new VoiceError(
      'bad_speech',
      `the sound is longer than ${LIMITS.durationS} s, or has too many channels`,
    )
}

/** The sound as samples: mono, 48 kHz. */
async function decode({ tools, source, signal }: FinishOptions): Promise<Float32Array> {
  const chunks: Buffer[] = []
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  const raw = ['-ac', '1', '-ar', String(SPEECH_RATE), '-c:a', 'pcm_f32le', '-f', 'f32le']
  await runFfmpeg(
    tools,
    {
      inputs: [{ path: source, options: ['-xerror', '-vn'] }],
      outputs: [{ path: 'pipe:1', options: ['-map', '0:a:0', '-t', String(LIMITS.durationS), ...raw] }],
    },
    { wallMs: wallLimitMs(LIMITS.durationS), signal, stdout },
  )
  const bytes = Buffer.concat(chunks)
  return new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 4))
}

/**
 * First sample to keep, and the one after the last.
 * @throws {VoiceError} `bad_speech` when all of it is silent
 */
function audibleRange(sound: Float32Array): { from: number; to: number } {
  const isAudible = (sample: number): boolean => Math.abs(sample) >= AUDIBLE
  const first = sound.findIndex(isAudible)
  if (first < 0) throw new VoiceError('bad_speech', 'the sound is silent')
  const margin = Math.round(MARGIN_S * SPEECH_RATE)
  return {
    from: Math.max(0, first - margin),
    to: Math.min(sound.length, sound.findLastIndex(isAudible) + margin),
  }
}

/** The sound at the loudness of all speech, as 16-bit samples; softer only where its peaks leave no room. */
function levelled(sound: Float32Array): Buffer {
  const measured = Float32Array.from(sound.subarray(0, MEASURED_S * SPEECH_RATE))
  const loudness = integratedLoudness({ left: measured, right: measured })
  const wanted = Number.isFinite(loudness) ? Math.min(MOST_GAIN_DB, LOUDNESS_LUFS - loudness) : 0
  const peak = sound.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  const gain = Math.min(fromDb(wanted), CEILING / peak)
  return Buffer.from(Int16Array.from(sound, (sample) => Math.round(sample * gain * 32_767)).buffer)
}

function shapeOf(samples: Buffer): Peak[] {
  const meter = createPeakMeter()
  meter.take(samples)
  return meter.peaks(PEAKS)
}

async function encode({ tools, out, signal }: FinishOptions, samples: Buffer): Promise<void> {
  const raw = ['-f', 's16le', '-ar', String(SPEECH_RATE), '-ac', '1']
  const plain = ['-map_metadata', '-1', '-fflags', '+bitexact', '-flags:a', '+bitexact']
  await runFfmpeg(
    tools,
    {
      inputs: [{ path: 'pipe:0', options: raw }],
      outputs: [{ path: out, options: ['-map', '0:a:0', '-c:a', 'flac', ...plain, '-f', 'flac'] }],
    },
    { wallMs: wallLimitMs(LIMITS.durationS), signal, stdin: Readable.from([samples]) },
  )
}

const round = (seconds: number): number => Math.round(seconds * 10_000) / 10_000

function moved({ word, startS, endS }: WordTime, byS: number, durationS: number): WordTime {
  const within = (atS: number): number => round(Math.min(durationS, Math.max(0, atS - byS)))
  return { word, startS: within(startS), endS: within(endS) }
}

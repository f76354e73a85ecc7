/** A system sound as a file: Ogg with Opus, which keeps its length to the sample and is played by browsers. */
import { Readable, Writable } from 'node:stream'
import { type FfmpegTools, runFfmpeg, wallLimitMs } from '../platform/ffmpeg.ts'
import { RATE, type Stereo } from '../sound/signal.ts'

export const SOUND_CONTENT_TYPE = 'audio/ogg'

/**
 * Without the encoder's version and with a fixed stream number: one sound gives the same bytes every time, with the same
 * ffmpeg.
 */
export const SOUND_ENCODING = [
  ...['-c:a', 'libopus', '-b:a', '128k', '-vbr', 'on', '-application', 'audio'],
  ...['-map_metadata', '-1', '-fflags', '+bitexact', '-flags:a', '+bitexact', '-f', 'ogg'],
] as const

/** Left and right in turn, 32-bit floats. */
export function interleave({ left, right }: Stereo): Buffer {
  const samples = new Float32Array(left.length * 2)
  for (let i = 0; i < left.length; i++) {
    samples[2 * i] = left[i]!
    samples[2 * i + 1] = right[i]!
  }
  return Buffer.from(samples.buffer)
}

/**
 * @param pcm as `interleave` gives it
 * @throws {FfmpegError}
 */
export async function encodeSound(tools: FfmpegTools, pcm: Buffer, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = []
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  await runFfmpeg(
    tools,
    {
      inputs: [{ path: 'pipe:0', options: ['-f', 'f32le', '-ar', String(RATE), '-ac', '2'] }],
      outputs: [{ path: 'pipe:1', options: SOUND_ENCODING }],
    },
    { signal, stdin: Readable.from([pcm]), stdout, wallMs: wallLimitMs(pcm.length / 8 / RATE) },
  )
  return Buffer.concat(chunks)
}

/** Sound on disk and on its way: stereo at 48 kHz as 32-bit floats, left and right in turn. */
import { type FileHandle, open } from 'node:fs/promises'
import type { Mono, Stereo } from '../../core/sound/signal.ts'

/** Bytes of one sample of both channels. */
export const FRAME_BYTES = 8
/** What ffmpeg is told about it. */
export const PCM_FORMAT = ['-f', 'f32le', '-ar', '48000', '-ac', '2'] as const
/** Samples handled at once, half a second: small enough to let others in between, large enough to be quick. */
export const PIECE = 24_000

export function toStereo(bytes: Buffer): Stereo {
  const count = Math.floor(bytes.length / FRAME_BYTES)
  const left: Mono = new Float32Array(count)
  const right: Mono = new Float32Array(count)
  const view = new DataView(bytes.buffer, bytes.byteOffset, count * FRAME_BYTES)
  for (let i = 0; i < count; i++) {
    left[i] = view.getFloat32(i * FRAME_BYTES, true)
    right[i] = view.getFloat32(i * FRAME_BYTES + 4, true)
  }
  return { left, right }
}

export function toBytes({ left, right }: Stereo): Buffer {
  const samples = new Float32Array(left.length * 2)
  for (let i = 0; i < left.length; i++) {
    samples[2 * i] = left[i]!
    samples[2 * i + 1] = right[i]!
  }
  return Buffer.from(samples.buffer)
}

export const silence = (samples: number): Stereo => ({
  left: new Float32Array(samples),
  right: new Float32Array(samples),
})

/** Whole samples from chunks of any size: what is left of one is put before the next. */
export function createUnpacker(): (chunk: Buffer) => Stereo {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    const whole = bytes.length - (bytes.length % FRAME_BYTES)
    rest = bytes.subarray(whole)
    return toStereo(bytes.subarray(0, whole))
  }
}

/** A sound shorter than this is kept in memory while it plays: one that repeats would be read again and again. */
const HELD_SAMPLES = 2 * 48_000

export type SoundReader = {
  readonly samples: number
  /** `count` samples from `at` on; silence where the file has none. */
  read(at: number, count: number): Promise<Stereo>
  close(): Promise<void>
}

export async function openSound(path: string): Promise<SoundReader> {
  const file = await open(path)
  const { size } = await file.stat()
  const samples = Math.floor(size / FRAME_BYTES)
  const held = samples <= HELD_SAMPLES ? await readBytes(file, 0, samples) : null
  return {
    samples,
    async read(at, count) {
      const from = Math.min(at, samples)
      const until = Math.min(at + count, samples)
      const bytes = held
        ? held.subarray(from * FRAME_BYTES, until * FRAME_BYTES)
        : await readBytes(file, from, until - from)
      const found = toStereo(bytes)
      if (found.left.length === count) return found
      const padded = silence(count)
      padded.left.set(found.left)
      padded.right.set(found.right)
      return padded
    },
    close: () => file.close(),
  }
}

async function readBytes(file: FileHandle, from: number, count: number): Promise<Buffer> {
  const bytes = Buffer.alloc(count * FRAME_BYTES)
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, from * FRAME_BYTES + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes
}

/** A whole file, piece by piece. */
export async function* pieces(path: string): AsyncGenerator<Stereo> {
  const sound = await openSound(path)
  try {
    for (let at = 0; at < sound.samples; at += PIECE)
      yield await sound.read(at, Math.min(PIECE, sound.samples - at))
  } finally {
    await sound.close()
  }
}

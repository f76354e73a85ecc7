/** How loud a sound is, and how long nothing is heard at its ends. */
import { Writable } from 'node:stream'
import { type FfmpegTools, runFfmpeg } from '../../core/platform/ffmpeg.ts'

const RATE = 16_000
const AUDIBLE = 10 ** (-45 / 20)

export type Level = { rmsDb: number; peakDb: number; leadS: number; tailS: number; durationS: number }

export async function levelOf(tools: FfmpegTools, path: string): Promise<Level> {
  const chunks: Buffer[] = []
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  const options = ['-map', '0:a:0', '-ac', '1', '-ar', String(RATE), '-f', 's16le', '-c:a', 'pcm_s16le']
  await runFfmpeg(
    tools,
    { inputs: [{ path }], outputs: [{ path: 'pipe:1', options }] },
    { stdout, wallMs: 60_000 },
  )
  const bytes = Buffer.concat(chunks)
  const samples = Float64Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(2 * i) / 32_768)
  let square = 0
  let peak = 0
  let first = -1
  let last = -1
  for (const [i, sample] of samples.entries()) {
    square += sample * sample
    peak = Math.max(peak, Math.abs(sample))
    if (Math.abs(sample) < AUDIBLE) continue
    if (first < 0) first = i
    last = i
  }
  const db = (value: number): number => 20 * Math.log10(Math.max(value, 1e-9))
  return {
    rmsDb: db(Math.sqrt(square / Math.max(1, samples.length))),
    peakDb: db(peak),
    leadS: Math.max(0, first) / RATE,
    tailS: (samples.length - 1 - last) / RATE,
    durationS: samples.length / RATE,
  }
}

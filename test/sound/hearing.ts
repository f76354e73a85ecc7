/** Tones to be mixed, and ears for what came of them. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { FfmpegTools } from '../../core/platform/ffmpeg.ts'
import type { Stereo } from '../../core/sound/signal.ts'
import type { MixInput } from '../../worker/sound/mix.ts'
import { toBytes, toStereo } from '../../worker/sound/pcm.ts'

export const RATE = 48_000

/** A sine on both sides. */
export function tone(hz: number, seconds: number, amplitude = 0.25): Stereo {
  const left = Float32Array.from(
    { length: Math.round(seconds * RATE) },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / RATE),
  )
  return { left, right: left.slice() }
}

let files = 0

/** A sound as a source on disk. */
export async function asSource(folder: string, sound: Stereo): Promise<MixInput['file']> {
  files += 1
  const path = join(folder, `source-${files}.pcm`)
  await writeFile(path, toBytes(sound))
  return { path, samples: sound.left.length }
}

const NO_FADE = { samples: 0, curve: 'power' } as const

/** A placed sound: effects at full level, heard whole from the beginning of the film, unless said otherwise. Seconds. */
export function input(
  file: MixInput['file'],
  over: Partial<Omit<MixInput, 'start' | 'length' | 'skip'>> & {
    start?: number
    length?: number
    skip?: number
  } = {},
): MixInput {
  const { start = 0, skip = 0, length, ...rest } = over
  return {
    lane: 'sfx',
    source: file.path,
    gain: 1,
    level: 1,
    loopOverlap: 0,
    fadeIn: NO_FADE,
    fadeOut: NO_FADE,
    file,
    ...rest,
    start: Math.round(start * RATE),
    skip: Math.round(skip * RATE),
    length: length === undefined ? file.samples - Math.round(skip * RATE) : Math.round(length * RATE),
  }
}

export async function collect(sound: AsyncIterable<Stereo>): Promise<Stereo> {
  const parts: Buffer[] = []
  for await (const piece of sound) parts.push(toBytes(piece))
  return toStereo(Buffer.concat(parts))
}

/** Level of a window, dB of full scale; at one frequency, or of everything. */
export function levelDb({ left }: Stereo, from: number, to: number, hz?: number): number {
  const [start, end] = [Math.round(from * RATE), Math.round(to * RATE)]
  let [re, im, power] = [0, 0, 0]
  for (let i = start; i < end; i++) {
    const x = left[i] ?? 0
    power += x * x
    if (hz === undefined) continue
    re += x * Math.cos((2 * Math.PI * hz * i) / RATE)
    im += x * Math.sin((2 * Math.PI * hz * i) / RATE)
  }
  const count = end - start
  // Of a sine both are half of its amplitude, squared.
  return 10 * Math.log10(hz === undefined ? power / count : (2 * (re * re + im * im)) / count ** 2)
}

/** The largest step from one sample to the next. */
export function steepest({ left }: Stereo, from: number, to: number): number {
  let step = 0
  for (let i = Math.round(from * RATE); i < Math.round(to * RATE); i++)
    step = Math.max(step, Math.abs((left[i + 1] ?? 0) - left[i]!))
  return step
}

/** Loudness and true peak by ffmpeg's own meter. */
export async function loudness(
  tools: FfmpegTools,
  path: string,
): Promise<{ lufs: number; truePeakDb: number }> {
  const { stderr } = await promisify(execFile)(tools.ffmpeg, [
    ...['-hide_banner', '-nostats', '-i', path, '-map', '0:a', '-af', 'ebur128=peak=true', '-f', 'null', '-'],
  ])
  const summary = stderr.slice(stderr.lastIndexOf('Summary:'))
  return {
    lufs: Number(/I:\s+(\S+) LUFS/.exec(summary)![1]),
    truePeakDb: Number(/Peak:\s+(\S+) dBFS/.exec(summary)![1]),
  }
}

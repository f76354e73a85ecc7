/** Clips whose every frame tells its own number, plans built by hand, and readers for both. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { segmentFileArgs, videoEncoderArgs } from '../../core/media/encoder-args.ts'
import type { FilmFormat } from '../../core/media/format.ts'
import { type FfmpegTools, findTools, runFfmpeg } from '../../core/platform/ffmpeg.ts'
import type { Join, Shot, ShotPlan, Treatment } from '../../core/storyboard/plan-types.ts'

export const tools: FfmpegTools = await findTools(process.env)
/** Small enough to be quick, with odd macroblock edges like 1080p has. */
export const FORMAT: FilmFormat = { width: 320, height: 180, fps: 24 }

export async function tempDir(t: { teardown(fn: () => unknown): void }): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'compose-test-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** Bits of the number in the top row of blocks: 3 for the clip, 9 for the frame. */
const BITS = 12
const DARK = 40
const LIGHT = 200

/** Luma of clip `clip`, frame `frame`: a row of blocks with the number, over a plain of the clip's own grey that drifts. */
function drawFrame(clip: number, frame: number, { width, height }: FilmFormat): Buffer {
  const luma = Buffer.alloc(width * height, plainLuma(clip))
  const code = clip * 512 + frame
  const block = Math.floor(width / BITS)
  const rows = Math.floor(height / 4)
  for (let y = 0; y < rows; y += 1) {
    for (let bit = 0; bit < BITS; bit += 1) {
      luma.fill((code >> bit) & 1 ? LIGHT : DARK, y * width + bit * block, y * width + (bit + 1) * block)
    }
  }
  return Buffer.concat([luma, Buffer.alloc((width * height) / 2, 128)])
}

/** Grey of the lower part of every frame of a clip: far apart, so that mixes can be measured. */
export const plainLuma = (clip: number): number => 60 + (clip % 4) * 40

/** One frame of the film as decoded, luma only. */
export type Seen = { clip: number; frame: number; plain: number; luma: Buffer }

export function readFrame(luma: Buffer, { width, height }: FilmFormat): Seen {
  const block = Math.floor(width / BITS)
  const y = Math.floor(height / 8)
  let code = 0
  for (let bit = 0; bit < BITS; bit += 1) {
    if (luma[y * width + bit * block + Math.floor(block / 2)]! > (DARK + LIGHT) / 2) code |= 1 << bit
  }
  return {
    clip: code >> 9,
    frame: code & 511,
    plain: mean(luma, width, 40, width - 40, height - 60, height - 20),
    luma,
  }
}

export function mean(luma: Buffer, width: number, x0: number, x1: number, y0: number, y1: number): number {
  let sum = 0
  for (let y = y0; y < y1; y += 1) for (let x = x0; x < x1; x += 1) sum += luma[y * width + x]!
  return sum / ((x1 - x0) * (y1 - y0))
}

type ClipOptions = { format?: FilmFormat; keyFrames?: number[]; args?: string[]; rate?: number }

/** Writes numbered clip `clip` with `frames` frames, encoded as segments are unless `args` say otherwise. */
export async function makeClip(
  file: string,
  clip: number,
  frames: number,
  options: ClipOptions = {},
): Promise<string> {
  const { format = FORMAT, keyFrames = [0], rate = format.fps } = options
  const pictures = (function* () {
    for (let frame = 0; frame < frames; frame += 1) yield drawFrame(clip, frame, format)
  })()
  const size = `${format.width}x${format.height}`
  await runFfmpeg(
    tools,
    {
      inputs: [
        {
          path: 'pipe:0',
          options: ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', size, '-r', String(rate)],
        },
      ],
      outputs: [
        {
          path: file,
          options: options.args ?? [
            '-vf',
            'setsar=1',
            ...videoEncoderArgs(format, keyFrames),
            ...segmentFileArgs(),
          ],
        },
      ],
    },
    { wallMs: 60_000, stdin: Readable.from(pictures) },
  )
  return file
}

/** Every frame of a file, decoded, in order. */
export async function watch(file: string, format: FilmFormat = FORMAT): Promise<Seen[]> {
  const args = [
    '-v',
    'error',
    '-i',
    file,
    '-map',
    '0:v',
    '-fps_mode',
    'passthrough',
    '-vf',
    'extractplanes=y',
    '-pix_fmt',
    'gray',
    '-f',
    'rawvideo',
    '-',
  ]
  const raw = await output(tools.ffmpeg, args)
  const size = format.width * format.height
  return Array.from({ length: raw.length / size }, (_, i) =>
    readFrame(raw.subarray(i * size, (i + 1) * size), format),
  )
}

/** One hash a frame over its decoded pixels. */
export async function frameHashes(file: string): Promise<string[]> {
  const text = await output(tools.ffmpeg, [
    '-v',
    'error',
    '-i',
    file,
    '-map',
    '0:v',
    '-fps_mode',
    'passthrough',
    '-f',
    'framemd5',
    '-',
  ])
  return lastColumn(String(text))
}

/** One hash a packet, in decoding order: equal when the coded bytes are. */
export async function packetHashes(file: string): Promise<string[]> {
  const text = await output(tools.ffmpeg, [
    '-v',
    'error',
    '-i',
    file,
    '-map',
    '0:v',
    '-c',
    'copy',
    '-f',
    'framemd5',
    '-',
  ])
  return lastColumn(String(text))
}

const lastColumn = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)!.trim())

/** Runs the binary plainly, past our own code, so that what judges is not what is judged. */
function output(program: string, args: string[]): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.on('error', reject)
  child.on('close', (code) =>
    code === 0 ? resolve(Buffer.concat(chunks)) : reject(new Error(`${program}: ${code}`)),
  )
  return promise
}

export type ShotSpec = { scene: string; frames: number; inFrame?: number; treatment?: Treatment }
export type JoinSpec = Partial<Join> & { after: number; frames: number }

/** A plan from its shots and joins, counted as planning counts. */
export function buildPlan(shots: ShotSpec[], joins: JoinSpec[] = [], format: FilmFormat = FORMAT): ShotPlan {
  const whole = joins.map(
    (join): Join => ({ type: 'dissolve', params: {}, effects: [], audio: null, ...join }),
  )
  const overlapAfter = (index: number): number =>
    index >= 0 && index < shots.length - 1 ? (whole.find(({ after }) => after === index)?.frames ?? 0) : 0
  let at = 0
  const placed = shots.map(({ scene, frames, inFrame = 0, treatment = null }, index): Shot => {
    at -= overlapAfter(index - 1)
    const shot = {
      index,
      sceneId: scene,
      path: `timeline[${index}]`,
      inFrame,
      frames,
      startFrame: at,
      treatment,
    }
    at += frames
    return shot
  })
  return {
    title: 'Test film',
    format,
    clips: [],
    shots: placed,
    joins: whole,
    frames: at,
    durationS: at / format.fps,
  }
}

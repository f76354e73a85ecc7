import { createHash, randomInt } from 'node:crypto'
import { copyFile, link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FfmpegError, type FfmpegTools } from '../../../core/platform/ffmpeg.ts'
import { filmAnimatic } from '../board/animatic.ts'
import type { BoardSpec } from '../board/spec.ts'
import { MAX_PIXELS, sharp } from '../raster.ts'
import type { Folders } from './folders.ts'
import type { Json, JsonObject, NodeOutput } from './types.ts'

/** What flows along a link. Large things stay on disk; a plain colour is kept as one. */
export type Value =
  | { readonly kind: 'video'; readonly path: string; readonly frames: number }
  | { readonly kind: 'picture'; readonly bytes: Buffer }
  | {
      readonly kind: 'plain'
      readonly width: number
      readonly height: number
      readonly count: number
      readonly colour: number
    }

export type NodeResult = { readonly outputs: readonly (Value | null)[]; readonly ui?: NodeOutput }

/** What a running node may do besides its work. */
export type NodeContext = {
  readonly tools: FfmpegTools
  readonly folders: Folders
  readonly signal: AbortSignal
  /** Key of the node's result: equal keys mean equal results. */
  readonly key: string
  progress(value: number, max: number, preview?: Buffer): void
}

/** A failure that is the graph's own: `type` is the exception class a client sees. */
export class NodeFailure extends Error {
  readonly type: string
  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

export type Inputs = Record<string, Json | Value>
type Node = (inputs: Inputs, context: NodeContext) => Promise<NodeResult>

export const NODES: Readonly<Record<string, Node>> = {
  FramecastAnimatic: animatic,
  SaveVideo: saveVideo,
  LoadImage: loadImage,
  EmptyImage: async (inputs) => {
    const [width, height, count, colour] = ['width', 'height', 'batch_size', 'color'].map((name) =>
      Number(inputs[name]),
    )
    return { outputs: [{ kind: 'plain', width: width!, height: height!, count: count!, colour: colour! }] }
  },
  SaveImage: (inputs, context) => saveImages(inputs, context, 'output', String(inputs.filename_prefix)),
  PreviewImage: (inputs, context) => saveImages(inputs, context, 'temp', `ComfyUI_temp_${letters(5)}`),
}

/** What else than its inputs decides a node's result: the bytes of the files it reads. */
export async function fingerprint(classType: string, inputs: JsonObject, folders: Folders): Promise<string> {
  const names =
    classType === 'LoadImage'
      ? [String(inputs.image)]
      : classType === 'FramecastAnimatic'
        ? listed(inputs.images)
        : []
  const hash = createHash('sha256')
  for (const name of names) {
    const path = folders.annotated(name)
    hash.update(path ? await readFile(path) : 'missing').update('\0')
  }
  return hash.digest('hex')
}

async function animatic(inputs: Inputs, context: NodeContext): Promise<NodeResult> {
  const spec = boardSpec(inputs)
  const images = listed(inputs.images as Json).map((name) => {
    const path = context.folders.annotated(name)
    if (!path) throw new NodeFailure('FileNotFoundError', `no such input image: ${name}`)
    return path
  })
  const temp = context.folders.path('temp')
  const output = join(temp, `animatic-${context.key}.mp4`)
  const workDir = join(temp, `layers-${context.key}`)
  try {
    await filmAnimatic(spec, {
      tools: context.tools,
      images,
      workDir,
      output: `${output}.part`,
      signal: context.signal,
      onBoard: (picture) => context.progress(0, spec.frames, picture),
      onFrame: (frame, picture) => context.progress(frame, spec.frames, picture),
    })
    await rename(`${output}.part`, output)
  } catch (error) {
    await rm(`${output}.part`, { force: true })
    throw explained(error)
  } finally {
    await rm(workDir, { recursive: true, force: true })
  }
  context.progress(spec.frames, spec.frames)
  return { outputs: [{ kind: 'video', path: output, frames: spec.frames }] }
}

function boardSpec(inputs: Inputs): BoardSpec {
  const [width, height, frames, fps] = ['width', 'height', 'frames', 'fps'].map((name) =>
    Number(inputs[name]),
  ) as [number, number, number, number]
  if (width % 2 !== 0 || height % 2 !== 0)
    throw new NodeFailure('ValueError', `width and height must be even: ${width}x${height}`)
  const cutFrames = listed(inputs.cut_frames as Json).map(Number)
  if (cutFrames.some((frame) => !Number.isSafeInteger(frame) || frame < 0)) {
    throw new NodeFailure('ValueError', 'cut_frames must be a comma list of frame numbers')
  }
  return {
    title: String(inputs.title),
    sceneId: String(inputs.scene_id),
    sceneNumber: Number(inputs.scene_number),
    scenesTotal: Number(inputs.scenes_total),
    prompt: String(inputs.prompt),
    details: String(inputs.details),
    width,
    height,
    frames,
    fps,
    seed: Number(inputs.seed),
    cutFrames: [...new Set(cutFrames)].filter((frame) => frame < frames).slice(0, MAX_CUTS),
  }
}
/** A film cuts into a clip a handful of times; a list without end would only make a huge expression. */
const MAX_CUTS = 256

const listed = (value: Json | undefined): string[] =>
  String(value ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

async function saveVideo(inputs: Inputs, { folders }: NodeContext): Promise<NodeResult> {
  const video = inputs.video as Value
  if (video.kind !== 'video') throw new NodeFailure('ValueError', 'not a video')
  const { path, item } = folders.next('output', String(inputs.filename_prefix), 'mp4')
  // The clip is encoded already; a second name costs nothing, and a copy is the way across file systems.
  await link(video.path, path).catch(() => copyFile(video.path, path))
  return { outputs: [video], ui: { images: [item], animated: [true] } }
}

async function loadImage(inputs: Inputs, { folders }: NodeContext): Promise<NodeResult> {
  const name = String(inputs.image)
  const path = folders.annotated(name)
  if (!path) throw new NodeFailure('FileNotFoundError', `[Errno 2] No such file or directory: '${name}'`)
  const bytes = await readFile(path)
  try {
    await sharp(bytes, { limitInputPixels: MAX_PIXELS }).stats()
  } catch {
    throw new NodeFailure('PIL.UnidentifiedImageError', `cannot identify image file '${name}'`)
  }
  return { outputs: [{ kind: 'picture', bytes }, null] }
}

/** Pixels one batch may hold: a graph of two nodes must not fill the disk. */
const MAX_BATCH_PIXELS = MAX_PIXELS

async function saveImages(
  inputs: Inputs,
  { folders, signal }: NodeContext,
  type: 'output' | 'temp',
  prefix: string,
): Promise<NodeResult> {
  const value = inputs.images as Value
  if (value.kind === 'video') throw new NodeFailure('ValueError', 'not an image')
  const count = value.kind === 'plain' ? value.count : 1
  if (value.kind === 'plain' && value.width * value.height * count > MAX_BATCH_PIXELS) {
    throw new NodeFailure(
      'MemoryError',
      `a batch of ${count} images of ${value.width}x${value.height} is too large here`,
    )
  }
  const png = await pngOf(value)
  const items = []
  for (let i = 0; i < count; i += 1) {
    signal.throwIfAborted()
    const { path, item } = folders.next(type, prefix, 'png')
    await writeFile(path, png)
    items.push(item)
  }
  return { outputs: [value], ui: { images: items } }
}

function pngOf(value: Exclude<Value, { kind: 'video' }>): Promise<Buffer> {
  if (value.kind === 'picture') {
    return sharp(value.bytes, { limitInputPixels: MAX_PIXELS })
      .rotate()
      .toColourspace('srgb')
      .png()
      .toBuffer()
  }
  const { width, height, colour } = value
  const background = { r: (colour >> 16) & 255, g: (colour >> 8) & 255, b: colour & 255 }
  return sharp({ create: { width, height, channels: 3, background }, limitInputPixels: false })
    .png()
    .toBuffer()
}

/** Failures of ours as a client may see them: no paths, the interruption left as it is. */
function explained(error: unknown): unknown {
  if (error instanceof FfmpegError) {
    return error.aborted ? error : new NodeFailure('RuntimeError', `ffmpeg ${error.code}: ${error.message}`)
  }
  if (
    error instanceof Error &&
    /unsupported image format|corrupt|Input (?:buffer|file)/i.test(error.message)
  ) {
    return new NodeFailure('PIL.UnidentifiedImageError', 'cannot identify a reference image')
  }
  return error
}

const letters = (count: number): string =>
  Array.from({ length: count }, () => String.fromCharCode(97 + randomInt(26))).join('')

/** Taking single pictures out of a video. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { type FfmpegTools, runFfmpeg } from '../../core/platform/ffmpeg.ts'
import { reasonOf } from './errors.ts'

/** Seeks made by one ffmpeg: starting a process costs more than the seek, but open files and buffers add up. */
const SEEKS_A_RUN = 12

type GrabOptions = {
  tools: FfmpegTools
  video: string
  fps: number
  /** Frames wanted. */
  frames: readonly number[]
  /** Width of the pictures; the height follows. */
  width: number
  workDir: string
  signal?: AbortSignal
}

/** Pictures of the given frames as PNG, in the order asked for. An abort rejects with the signal's reason. */
export async function grabFrames(options: GrabOptions): Promise<Buffer[]> {
  const { tools, video, fps, frames, width, signal } = options
  const folder = await mkdtemp(path.join(options.workDir, 'grab-'))
  try {
    const pictures: Buffer[] = []
    for (let at = 0; at < frames.length; at += SEEKS_A_RUN) {
      const some = frames.slice(at, at + SEEKS_A_RUN)
      const files = some.map((_, index) => path.join(folder, `${at + index}.png`))
      await runFfmpeg(
        tools,
        {
          inputs: some.map((frame) => ({
            path: video,
            options: ['-threads', '1', '-ss', (frame / fps).toFixed(6)],
          })),
          outputs: files.map((file, index) => ({
            path: file,
            options: [
              ...[
                '-map',
                `${index}:v:0`,
                '-frames:v',
                '1',
                '-vf',
                `scale=${width}:-2:flags=bicubic,format=rgb24`,
              ],
              ...['-c:v', 'png', '-update', '1', '-f', 'image2'],
            ],
          })),
        },
        { wallMs: 60_000, ...(signal ? { signal } : {}) },
      )
      pictures.push(...(await Promise.all(files.map((file) => readFile(file)))))
    }
    return pictures
  } catch (error) {
    throw reasonOf(error, signal)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

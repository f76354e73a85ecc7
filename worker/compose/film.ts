/** Composing the film: untouched frames are copied, the rest is drawn, sound is laid under the whole in one mux. */
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type FfmpegTools, runFfmpeg, wallLimitMs } from '../../core/platform/ffmpeg.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import { marksOf } from './burn-in.ts'
import { createBurnInPictures } from './burn-in-pictures.ts'
import { encoderHeaderHash } from './check.ts'
import { concatScript, gridFilter, listEntries } from './concat-list.ts'
import { type CutList, cutList } from './cut-list.ts'
import { ComposeError, reasonOf } from './errors.ts'
import { renderPiece } from './render.ts'
import { AUDIO_RATE, filmFaults } from './verify.ts'

export type FilmOptions = {
  tools: FfmpegTools
  plan: ShotPlan
  /** Conformed segments by scene id. */
  segments: ReadonlyMap<string, { path: string; frames: number; keyFrames: readonly number[] }>
  /** The film's sound as AAC in MP4, exactly as long as the film; absent: silence. */
  sound?: string
  workDir: string
  out: string
  signal?: AbortSignal
  /** 0 to 1 over drawing, joining and checking. */
  onProgress?: (fraction: number) => void
}

export type Film = {
  path: string
  frames: number
  durationS: number
  sizeBytes: number
  /** Joins drawn, those from and to black included. */
  joinsEncoded: number
  framesCopied: number
  framesEncoded: number
}

/** Encoders at one time: each has threads of its own. */
const PARALLEL_RENDERS = 2
/** Shares of the work, roughly as measured; only the progress bar depends on them. */
const SHARE = { render: 0.7, join: 0.9 }

/**
 * Composes the film of a plan into `out`, an MP4 with the index first and a stereo track. It is checked (frame count, time
 * grid, one parameter set, everything decodes) before it takes its name.
 * @throws {ComposeError} `bad_plan`, `film_invalid`
 * @throws {FfmpegError} `timeout`, `silent`, `disk_full`, `failed`; an abort rejects with the signal's reason
 */
export async function composeFilm(options: FilmOptions): Promise<Film> {
  const { tools, plan, segments, out, signal, onProgress } = options
  const { format } = plan
  const list = cutList(plan, segments)
  const workDir = path.join(options.workDir, 'pieces')
  const part = `${out}.part`
  await mkdir(workDir, { recursive: true })
  try {
    const headerHash = await encoderHeaderHash(tools, format, workDir)
    const pieceFile = (index: number): string => path.join(workDir, `${index}.mp4`)
    await renderAll(options, workDir, list, headerHash, pieceFile)
    const script = path.join(workDir, 'pieces.ffconcat')
    const entries = listEntries(list.pieces, (sceneId) => segments.get(sceneId)!, pieceFile)
    await writeFile(script, concatScript(entries, format))
    await joinAll(options, script, part)
    onProgress?.(SHARE.join)
    const faults = await filmFaults({ tools, file: part, plan, headerHash, ...(signal ? { signal } : {}) })
    if (faults.length > 0)
      throw new ComposeError('film_invalid', `The film failed its checks: ${faults.join(', ')}.`)
    const { size } = await stat(part)
    await rename(part, out)
    onProgress?.(1)
    return {
      path: out,
      frames: plan.frames,
      durationS: plan.frames / format.fps,
      sizeBytes: size,
      joinsEncoded: list.pieces.filter((piece) => piece.kind === 'render' && piece.join !== null).length,
      framesCopied: list.framesCopied,
      framesEncoded: list.framesRendered,
    }
  } catch (error) {
    throw reasonOf(error, signal)
  } finally {
    await Promise.all([rm(workDir, { recursive: true, force: true }), rm(part, { force: true })])
  }
}

/** Draws the pieces, a few at a time; the first failure stops the others. */
async function renderAll(
  { tools, plan, segments, signal, onProgress }: FilmOptions,
  workDir: string,
  list: CutList,
  headerHash: string,
  pieceFile: (index: number) => string,
): Promise<void> {
  const failed = new AbortController()
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal
  const queue = list.pieces
    .flatMap((piece, index) => (piece.kind === 'render' ? [{ piece, index }] : []))
    .values()
  let framesDone = 0
  const drawPictures = createBurnInPictures(plan, workDir)
  const drain = async (): Promise<void> => {
    for (const { piece, index } of queue) {
      const marks = marksOf(plan, piece)
      await renderPiece({
        tools,
        piece,
        burnIn: marks && { marks, pictures: await drawPictures(marks) },
        format: plan.format,
        segmentPath: (sceneId) => segments.get(sceneId)!.path,
        headerHash,
        out: pieceFile(index),
        signal: either,
      })
      framesDone += piece.frames
      onProgress?.((SHARE.render * framesDone) / list.framesRendered)
    }
  }
  const drains = Array.from({ length: PARALLEL_RENDERS }, () =>
    drain().catch((error: unknown) => {
      failed.abort(error)
      throw error
    }),
  )
  const ends = await Promise.allSettled(drains)
  // The first to fail is the reason; the other then ended because of it.
  if (failed.signal.aborted) throw failed.signal.reason
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

/** Puts the packets together and the sound under them, in one run. */
async function joinAll(
  { tools, plan, sound, signal, onProgress }: FilmOptions,
  script: string,
  out: string,
): Promise<void> {
  const { format, frames, title } = plan
  const samples = (frames * AUDIO_RATE) / format.fps
  await runFfmpeg(
    tools,
    {
      inputs: [
        // Without `auto_convert`, or parameter sets are put before every key frame on the way.
        { path: script, options: ['-f', 'concat', '-safe', '0', '-auto_convert', '0'] },
        sound === undefined
          ? { lavfi: `anullsrc=r=${AUDIO_RATE}:cl=stereo,atrim=end_sample=${samples}` }
          : { path: sound, options: ['-f', 'mov'] },
      ],
      outputs: [
        {
          path: out,
          options: [
            ...['-map', '0:v:0', '-map', '1:a:0', '-c:v', 'copy', '-bsf:v', gridFilter(format)],
            ...(sound === undefined ? ['-c:a', 'aac', '-b:a', '128k'] : ['-c:a', 'copy']),
            ...['-map_metadata', '-1', '-map_chapters', '-1'],
            // A title is an argument of its own and never parsed; a NUL would end it, and the file's index is no novel.
            ...['-metadata', `title=${title.replaceAll('\0', '').slice(0, 500)}`],
            ...['-fflags', '+bitexact', '-flags:a', '+bitexact', '-video_track_timescale', '90000'],
            ...['-movflags', '+faststart', '-f', 'mp4'],
          ],
        },
      ],
    },
    {
      wallMs: wallLimitMs(frames / format.fps),
      ...(signal ? { signal } : {}),
      ...(onProgress
        ? {
            onProgress: ({ frame }: { frame: number }) =>
              onProgress(SHARE.render + (SHARE.join - SHARE.render) * Math.min(1, frame / frames)),
          }
        : {}),
    },
  )
}

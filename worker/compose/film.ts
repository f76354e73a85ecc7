/** Composing the film: packets of clips and drawn pieces are copied one behind the other, sound and captions are laid beside. */
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type FfmpegInput, type FfmpegTools, runFfmpeg, wallLimitMs } from '../../core/platform/ffmpeg.ts'
import type { ShotPlan } from '../../core/storyboard/plan-types.ts'
import { encoderHeaderHash } from './check.ts'
import { concatScript, gridFilter, listEntries } from './concat-list.ts'
import type { CutList } from './cut-list.ts'
import { ComposeError, reasonOf } from './errors.ts'
import { AUDIO_RATE, filmFaults, hashFile } from './verify.ts'

/** Subtitles to be switched on and off: an SRT file, and its language as three letters (ISO 639-2). */
export type CaptionTrack = { path: string; language: string }

export type FilmOptions = {
  tools: FfmpegTools
  plan: ShotPlan
  list: CutList
  /** Conformed segments by scene id; those that are copied from. */
  segments: ReadonlyMap<string, { path: string; frames: number }>
  /** File of each drawn piece, by its place in the list. */
  drawn: ReadonlyMap<number, string>
  /** The film's sound as AAC in MP4, exactly as long as the film; absent: silence. */
  sound?: string
  captions?: readonly CaptionTrack[]
  workDir: string
  out: string
  signal?: AbortSignal
  /** 0 to 1 over joining and checking. */
  onProgress?: (fraction: number) => void
}

export type Film = { path: string; frames: number; durationS: number; sizeBytes: number; sha256: string }

/** Share of joining in the work, roughly as measured; only the progress bar depends on it. */
const JOIN_SHARE = 0.6

/**
 * Composes the film of a plan into `out`, an MP4 with the index first. It is checked (every packet is the one that was to be
 * copied, time grid, one parameter set, sound from beginning to end) before it takes its name.
 * @throws {ComposeError} `film_invalid`
 * @throws {FfmpegError} `timeout`, `silent`, `disk_full`, `failed`; an abort rejects with the signal's reason
 */
export async function composeFilm(options: FilmOptions): Promise<Film> {
  const { tools, plan, list, segments, drawn, sound, captions = [], out, signal, onProgress } = options
  const { format } = plan
  const workDir = path.join(options.workDir, 'joining')
  const part = `${out}.part`
  await mkdir(workDir, { recursive: true })
  try {
    const headerHash = await encoderHeaderHash(tools, format, workDir)
    const script = path.join(workDir, 'pieces.ffconcat')
    const entries = listEntries(
      list.pieces,
      (sceneId) => segments.get(sceneId)!,
      (index) => drawn.get(index)!,
    )
    await writeFile(script, concatScript(entries, format))
    await joinAll(options, script, part)
    onProgress?.(JOIN_SHARE)
    const check = { tools, file: part, plan, headerHash, entries, captionTracks: captions.length }
    const faults = await filmFaults({ ...check, ...(sound ? { sound } : {}), ...(signal ? { signal } : {}) })
    if (faults.length > 0)
      throw new ComposeError('film_invalid', `The film failed its checks: ${faults.join(', ')}.`)
    const [sha256, { size }] = await Promise.all([hashFile(part), stat(part)])
    await rename(part, out)
    onProgress?.(1)
    return {
      path: out,
      frames: plan.frames,
      durationS: plan.frames / format.fps,
      sizeBytes: size,
      sha256,
    }
  } catch (error) {
    throw reasonOf(error, signal)
  } finally {
    await Promise.all([rm(workDir, { recursive: true, force: true }), rm(part, { force: true })])
  }
}

/** Puts the packets together and the sound under them, in one run. */
async function joinAll(
  { tools, plan, sound, captions = [], signal, onProgress }: FilmOptions,
  script: string,
  out: string,
): Promise<void> {
  const { format, frames, title } = plan
  const samples = (frames * AUDIO_RATE) / format.fps
  const silence = { lavfi: `anullsrc=r=${AUDIO_RATE}:cl=stereo,atrim=end_sample=${samples}` }
  const inputs: FfmpegInput[] = [
    // Without `auto_convert`, or parameter sets are put before every key frame on the way.
    { path: script, options: ['-f', 'concat', '-safe', '0', '-auto_convert', '0'] },
    sound ? { path: sound, options: ['-f', 'mov'] } : silence,
    ...captions.map((track) => ({ path: track.path, options: ['-f', 'srt'] })),
  ]
  const captionOptions = captions.flatMap(({ language }, index) => [
    ...['-map', `${2 + index}:s:0`, `-metadata:s:s:${index}`, `language=${language}`],
  ])
  await runFfmpeg(
    tools,
    {
      inputs,
      outputs: [
        {
          path: out,
          options: [
            ...['-map', '0:v:0', '-map', '1:a:0', '-c:v', 'copy', '-bsf:v', gridFilter(format)],
            ...(sound ? ['-c:a', 'copy'] : ['-c:a', 'aac', '-b:a', '128k']),
            ...(captions.length > 0 ? [...captionOptions, '-c:s', 'mov_text'] : []),
            ...['-map_metadata', '-1', '-map_chapters', '-1'],
            // A title is an argument of its own and never parsed; a NUL would end it, and the file's index is no novel.
            ...['-metadata', `title=${title.replaceAll('\0', '').slice(0, 500)}`],
            ...['-fflags', '+bitexact', '-flags:a', '+bitexact', '-video_track_timescale', '90000'],
            // Edit lists count in this; every frame and every sample of the sound is a whole number of them.
            ...['-movie_timescale', String(AUDIO_RATE)],
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
              onProgress(JOIN_SHARE * Math.min(1, frame / frames)),
          }
        : {}),
    },
  )
}

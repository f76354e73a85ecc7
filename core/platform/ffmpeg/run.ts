/** One ffmpeg run: arguments as arrays, every wait and every buffer limited, nothing left behind. */
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import ffmpeg from 'fluent-ffmpeg'
import { FfmpegError, saysDiskFull, tellingLine } from './errors.ts'
import { superviseChild } from './supervise.ts'
import type { FfmpegTools } from './tools.ts'

/**
 * What to read. A `path` is an absolute local file, or `pipe:0` for `stdin`; it is opened with the protocols `file` and
 * `pipe` only, so that a playlist in disguise cannot reach the network. `lavfi` is a generated source.
 * `options` stand before `-i`.
 */
export type FfmpegInput =
  | { readonly path: string; readonly options?: readonly string[] }
  | { readonly lavfi: string; readonly options?: readonly string[] }

/** What to write: an absolute local file (overwritten), `pipe:1` for `stdout`, or `-` with `-f null`. */
export type FfmpegOutput = { readonly path: string; readonly options: readonly string[] }

export type FfmpegJob = {
  readonly inputs: readonly FfmpegInput[]
  /** A filter graph for `-filter_complex`; never contains text from callers. */
  readonly filter?: string
  readonly outputs: readonly FfmpegOutput[]
}

/** `frame`: pictures written so far by the first output; `outTimeS`: how far it is. */
export type FfmpegProgress = { frame: number; outTimeS: number; speed: number | null }

export type RunOptions = {
  /** Ends the run: TERM to the process group, KILL 1 s later. */
  signal?: AbortSignal
  onProgress?: (progress: FfmpegProgress) => void
  /** Longest the run may take; `wallLimitMs(mediaS)` is the usual choice. */
  wallMs: number
  /** Longest it may go on without its counters moving. */
  silenceMs?: number
  /** Read by an input named `pipe:0`. */
  stdin?: Readable
  /** Receives what is written to `pipe:1`; ended when ffmpeg ends. */
  stdout?: Writable
  /** Nice value, 0 to 19. */
  niceness?: number
  /** What ffmpeg prints at least; warnings by default. */
  logLevel?: 'error' | 'warning'
}

/** `stderr`: everything printed at `logLevel` and above, its last 64 kB. */
export type RunResult = { stderr: string; tookMs: number; last: FfmpegProgress | null }

const SILENCE_MS = 30_000

/** Usual wall time limit for work on `mediaS` seconds of film. */
export const wallLimitMs = (mediaS: number): number => Math.round((10 * mediaS + 60) * 1_000)

/** ffmpeg must not touch these with a file it was not expressly told to: lists and playlists name further files. */
const SINGLE_FILE_FORMATS =
  'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,gif,apng,webp_pipe,h264,hevc,ivf,' +
  'wav,w64,mp3,aac,flac,aiff,rawvideo,yuv4mpegpipe,image2,image2pipe,png_pipe,jpeg_pipe,nut,framecrc'

/**
 * Runs ffmpeg once.
 * @throws {FfmpegError} any code; `killed` with `aborted` when `signal` ended it
 */
export async function runFfmpeg(tools: FfmpegTools, job: FfmpegJob, options: RunOptions): Promise<RunResult> {
  const { signal } = options
  if (signal?.aborted) throw abortedError(signal)
  const command = buildCommand(job)
  const startedAt = performance.now()
  const [program = tools.ffmpeg, ...args] = [
    ...tools.guard,
    tools.ffmpeg,
    ...globalOptions(options.logLevel ?? 'warning'),
    ...command._getArguments().map(String),
  ]

  // fluent-ffmpeg's own `run()` can neither give ffmpeg a process group nor a pipe for progress, and asks the binary for
  // its formats first. Its spawn step can, so that is what is called; a test holds this to the pinned version.
  command.setFfmpegPath(program)
  const child = superviseChild(options)
  const spawnOptions = {
    captureStdout: false,
    stdoutLines: 1,
    ...(options.niceness ? { niceness: options.niceness } : {}),
    windowsHide: true,
    detached: true,
    stdio: [options.stdin ? 'pipe' : 'ignore', options.stdout ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  }
  command._spawnFfmpeg(
    args,
    spawnOptions,
    (process) => child.adopt(process),
    (error) => {
      if (error) child.spawnFailed(error)
    },
  )
  const plumbing: Promise<unknown>[] = []
  const running = child.process
  if (running?.pid !== undefined) {
    // First to go when memory is short: a film can be made again, the database cannot.
    writeFile(`/proc/${running.pid}/oom_score_adj`, '500').catch(() => {})
    if (options.stdin && running.stdin) plumbing.push(pipeline(options.stdin, running.stdin))
    if (options.stdout && running.stdout) plumbing.push(pipeline(running.stdout, options.stdout))
  }
  const flow = Promise.allSettled(plumbing)
  const end = await child.ended
  await Promise.race([flow, delay(1_000, undefined, { ref: false })])
  const { stderr } = end
  const fail = (code: FfmpegError['code'], text: string, cause?: unknown): never => {
    throw new FfmpegError(code, text, { stderr, cause })
  }
  switch (end.why) {
    case 'aborted':
      throw abortedError(signal!, stderr)
    case 'timeout':
      return fail('timeout', `ffmpeg took longer than ${Math.round(options.wallMs / 1_000)} s`)
    case 'silent':
      return fail(
        'silent',
        `ffmpeg made no progress for ${Math.round((options.silenceMs ?? SILENCE_MS) / 1_000)} s`,
      )
    case 'flooded':
      return fail('failed', 'ffmpeg printed without end')
    case 'unstarted':
      return fail(
        'not_found',
        `ffmpeg cannot be started (${(end.error as NodeJS.ErrnoException)?.code ?? 'fault'})`,
      )
    case 'exited':
  }
  if (saysDiskFull(stderr)) return fail('disk_full', 'no space left on the disk')
  if (end.signal !== null) return fail('killed', `ffmpeg was ended by ${end.signal}`)
  if (end.code !== 0) return fail('failed', `ffmpeg: ${tellingLine(stderr)}`)
  return { stderr, tookMs: performance.now() - startedAt, last: end.last }
}

const abortedError = (signal: AbortSignal, stderr = ''): FfmpegError =>
  new FfmpegError('killed', 'ffmpeg was stopped', { aborted: true, cause: signal.reason, stderr })

const globalOptions = (logLevel: string): string[] => [
  ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', logLevel, '-y'],
  ...['-progress', 'pipe:3', '-stats_period', '0.5'],
]

function buildCommand(job: FfmpegJob): ReturnType<typeof ffmpeg> {
  const command = ffmpeg()
  for (const input of job.inputs) {
    const own = input.options ?? []
    if ('lavfi' in input) {
      command.input(input.lavfi)
      addInputOptions(command, [...own, '-f', 'lavfi'])
      continue
    }
    command.input(localName(input.path))
    const allowed = ['-protocol_whitelist', 'file,pipe', '-format_whitelist', formatsFor(own)]
    addInputOptions(command, [...allowed, ...own])
  }
  if (job.filter !== undefined) command.complexFilter(job.filter)
  for (const output of job.outputs) {
    command.output(output.path === '-' ? '-' : localName(output.path))
    // Two values at least: the library splits a lone one at its space.
    command.outputOptions('-max_muxing_queue_size', '1024', ...output.options)
  }
  return command
}

const addInputOptions = (command: ReturnType<typeof ffmpeg>, options: string[]): void => {
  command.inputOptions(options[0]!, options[1]!, ...options.slice(2))
}

/** A list of ours (`-f concat`) may be opened, a file that merely claims to be one may not. */
function formatsFor(options: readonly string[]): string {
  const stated = options[options.indexOf('-f') + 1]
  return options.includes('-f') && stated !== undefined
    ? `${SINGLE_FILE_FORMATS},${stated}`
    : SINGLE_FILE_FORMATS
}

/** Refuses whatever ffmpeg could take for an option or another protocol. */
function localName(name: string): string {
  if (name === 'pipe:0' || name === 'pipe:1' || path.isAbsolute(name)) return name
  throw new TypeError(`not an absolute path: ${name}`)
}

/** Watching over one ffmpeg process: progress, silence, wall time, abort, and the end of its whole group. */
import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { FfmpegProgress, RunOptions } from './run.ts'

const STDERR_KEPT = 64 * 1_024
/** A program that prints this much without a line break is not printing messages. */
const LONGEST_LINE = 1 << 20
/**
 * From TERM to KILL. Nothing of a stopped run is kept, so there is little to wait for, and ffmpeg 7.0 does not heed TERM
 * at all while a filter graph runs.
 */
const KILL_AFTER_MS = 1_000
const DEFAULT_SILENCE_MS = 30_000

export type ChildEnd = {
  why: 'exited' | 'aborted' | 'timeout' | 'silent' | 'flooded' | 'unstarted'
  code: number | null
  signal: NodeJS.Signals | null
  stderr: string
  last: FfmpegProgress | null
  error: Error | null
}

export type Supervised = {
  readonly process: ChildProcess | null
  adopt(process: ChildProcess): void
  spawnFailed(error: Error): void
  /** Settles once the process is gone and its pipes are read out. */
  readonly ended: Promise<ChildEnd>
}

/** Groups that run now; an exit of ours takes them along even where the kernel cannot be asked to. */
const liveGroups = new Set<number>()
process.on('exit', () => {
  for (const pid of liveGroups) signalGroup(pid, 'SIGKILL')
})

/** Watches the process that is handed to `adopt` by the limits in `options`. */
export function superviseChild(options: RunOptions): Supervised {
  const { promise, resolve } = Promise.withResolvers<ChildEnd>()
  const { signal, wallMs, silenceMs = DEFAULT_SILENCE_MS } = options
  let child: ChildProcess | null = null
  let why: ChildEnd['why'] = 'exited'
  let stderr = ''
  let lineLength = 0
  let last: FfmpegProgress | null = null
  let movedAt = performance.now()
  let killTimer: NodeJS.Timeout | undefined
  const timers: NodeJS.Timeout[] = []

  const stop = (reason: ChildEnd['why']): void => {
    if (child?.pid === undefined || why !== 'exited') return
    why = reason
    const { pid } = child
    signalGroup(pid, 'SIGTERM')
    killTimer = setTimeout(() => signalGroup(pid, 'SIGKILL'), KILL_AFTER_MS)
  }
  const onAbort = (): void => stop('aborted')
  const finish = (end: Omit<ChildEnd, 'stderr' | 'last'>): void => {
    signal?.removeEventListener('abort', onAbort)
    for (const timer of timers) clearInterval(timer)
    clearTimeout(killTimer)
    if (child?.pid !== undefined) {
      // Whatever it may have started goes with it.
      signalGroup(child.pid, 'SIGKILL')
      liveGroups.delete(child.pid)
    }
    resolve({ ...end, stderr, last })
  }

  return {
    get process() {
      return child
    },
    ended: promise,
    spawnFailed(error) {
      // The library reports an exit code here too; then 'close' tells the same with more.
      if (child?.pid === undefined) finish({ why: 'unstarted', code: null, signal: null, error })
    },
    adopt(adopted) {
      child = adopted
      adopted.stderr?.on('data', (chunk: string | Buffer) => {
        const text = String(chunk)
        stderr = (stderr + text).slice(-STDERR_KEPT)
        const lineBreak = text.lastIndexOf('\n')
        lineLength = lineBreak === -1 ? lineLength + text.length : text.length - lineBreak
        if (lineLength > LONGEST_LINE) stop('flooded')
      })
      if (adopted.pid === undefined) return
      liveGroups.add(adopted.pid)
      readProgress(adopted.stdio[3] as Readable | null | undefined, (progress, moved) => {
        last = progress
        if (!moved) return
        movedAt = performance.now()
        options.onProgress?.(progress)
      })
      adopted.on('close', (code, endSignal) => finish({ why, code, signal: endSignal, error: null }))
      timers.push(setTimeout(() => stop('timeout'), wallMs))
      const look = Math.max(50, Math.min(1_000, silenceMs / 4))
      timers.push(setInterval(() => performance.now() - movedAt > silenceMs && stop('silent'), look))
      signal?.addEventListener('abort', onAbort, { once: true })
      if (signal?.aborted) onAbort()
    },
  }
}

/**
 * Reads the blocks of `key=value` lines that `-progress` writes. ffmpeg goes on writing them while it hangs, so a block
 * counts as movement only when a counter in it has changed.
 */
function readProgress(
  stream: Readable | null | undefined,
  on: (p: FfmpegProgress, moved: boolean) => void,
): void {
  if (!stream) return
  let rest = ''
  let block: Record<string, string> = {}
  let before = ''
  stream.setEncoding('utf8')
  stream.on('error', () => {})
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = (lines.pop() ?? '').slice(-4_096)
    for (const line of lines) {
      const at = line.indexOf('=')
      if (at < 1) continue
      block[line.slice(0, at)] = line.slice(at + 1).trim()
      if (!line.startsWith('progress=')) continue
      const counters = [block.frame, block.out_time_us, block.total_size, block.dup_frames].join()
      on(toProgress(block), counters !== before)
      before = counters
      block = {}
    }
  })
}

const toProgress = (block: Record<string, string>): FfmpegProgress => ({
  frame: Number(block.frame) || 0,
  outTimeS: Math.max(0, Number(block.out_time_us) / 1e6 || 0),
  speed: Number.parseFloat(block.speed ?? '') || null,
})

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // Gone already.
  }
}

/**
 * One child process of an instance, and its supervisor: starts it, notices when it ends by itself, starts it again a
 * bounded number of times, stops it. Its output goes straight to a log file, so nothing of it depends on us.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readSync, renameSync, statSync } from 'node:fs'
import { PROJECT_DIR } from './layout.ts'

export type PartName = 'postgres' | 'store' | 'preview' | 'server' | 'worker'

export type PartEvent =
  | { kind: 'crashed'; part: PartName; exit: string; lastLines: string[]; again: boolean }
  | { kind: 'restarted'; part: PartName }

export type PartOptions = {
  name: PartName
  /** Program, relative to the project, and its arguments. */
  program: string
  args?: readonly string[]
  env: NodeJS.ProcessEnv
  cwd: string
  logFile: string
  onEvent(event: PartEvent): void
}

export type Part = {
  readonly name: PartName
  /** Null while it is not running. */
  pid(): number | null
  /** From now on an end is a crash to recover from; before, it is a failed start. */
  markReady(): void
  /** Rejects when the part is given up. Never resolves. */
  readonly failed: Promise<never>
  lastLines(): string[]
  /** SIGTERM, and SIGKILL after `limitMs`. Resolves when the process is gone. */
  stop(limitMs: number): Promise<void>
}

const LEASH = new URL('./leash.ts', import.meta.url).href
const LARGEST_LOG_BYTES = 10 * 2 ** 20
const RESTARTS = 5
const RESTARTS_WITHIN_MS = 60_000
const TAIL_BYTES = 16_384
const LONGEST_LINE = 400

/** A log line as a person reads it: of a JSON line its level, message and error. Pure. */
export function readable(line: string): string {
  let text = line
  try {
    const { level, msg, err } = JSON.parse(line) as {
      level?: unknown
      msg?: unknown
      err?: { message?: unknown }
    }
    if (typeof msg === 'string')
      text = [level, msg, err?.message].filter((part) => typeof part === 'string').join(': ')
  } catch {
    // not JSON: shown as it is
  }
  return text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)}…` : text
}

/** Last lines of a log, shortened to what helps on a terminal. */
export function tail(file: string, lines = 8): string[] {
  try {
    const { size } = statSync(file)
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES))
    const fd = openSync(file, 'r')
    try {
      readSync(fd, bytes, 0, bytes.length, size - bytes.length)
    } finally {
      closeSync(fd)
    }
    return bytes
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-lines)
      .map(readable)
  } catch {
    return []
  }
}

/** Starts a part. The leash ties it to this process; its own process group keeps Ctrl-C of the terminal from it. */
export function startPart(options: PartOptions): Part {
  const { name, logFile, onEvent } = options
  let child: ChildProcess | null = null
  let ready = false
  let stopping = false
  let again: NodeJS.Timeout | undefined
  let crashes: number[] = []
  const { promise: failed, reject: giveUp } = Promise.withResolvers<never>()
  failed.catch(() => {}) // nobody has to listen

  function launch(): void {
    if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_LOG_BYTES) {
      renameSync(logFile, `${logFile}.1`)
    }
    const log = openSync(logFile, 'a', 0o600)
    const started = spawn(
      process.execPath,
      ['--import', LEASH, `${PROJECT_DIR}${options.program}`, ...(options.args ?? [])],
      { cwd: options.cwd, env: options.env, detached: true, stdio: ['ignore', log, log, 'ipc'] },
    )
    closeSync(log)
    child = started
    let over = false
    const ended = (exit: string) => {
      if (over) return
      over = true
      child = null
      if (!stopping) crashed(exit)
    }
    started.once('error', (error) => ended(error.message))
    started.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`))
    started.on('error', () => {})
  }

  function crashed(exit: string): void {
    const now = performance.now()
    crashes = [...crashes.filter((at) => now - at < RESTARTS_WITHIN_MS), now]
    const willRestart = ready && crashes.length <= RESTARTS
    const lines = tail(logFile)
    onEvent({ kind: 'crashed', part: name, exit, lastLines: lines, again: willRestart })
    if (!willRestart) {
      giveUp(new Error(`${name} ended (${exit}). Last lines of ${logFile}:\n${lines.join('\n')}`))
      return
    }
    again = setTimeout(
      () => {
        launch()
        onEvent({ kind: 'restarted', part: name })
      },
      100 * 2 ** (crashes.length - 1),
    )
  }

  launch()
  return {
    name,
    pid: () => child?.pid ?? null,
    markReady() {
      ready = true
    },
    failed,
    lastLines: () => tail(logFile),
    async stop(limitMs) {
      stopping = true
      clearTimeout(again)
      const running = child
      if (!running) return
      await new Promise<void>((resolve) => {
        const force = setTimeout(() => running.kill('SIGKILL'), limitMs)
        running.once('exit', () => {
          clearTimeout(force)
          resolve()
        })
        if (!running.kill('SIGTERM') && running.exitCode !== null) {
          clearTimeout(force)
          resolve()
        }
      })
    },
  }
}

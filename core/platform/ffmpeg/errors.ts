/** Failures of ffmpeg and ffprobe, typed. */

export type FfmpegErrorCode =
  /** The binary is missing or cannot be started. */
  | 'not_found'
  /** It ended with an error: bad input, bad arguments. */
  | 'failed'
  /** Stopped by our caller (`aborted`) or by a signal from outside. */
  | 'killed'
  /** Wall time limit passed. */
  | 'timeout'
  /** It ran, but made no progress for the silence limit. */
  | 'silent'
  /** No space left where it writes. */
  | 'disk_full'

/** `message` is one line without paths; `stderr` is the end of what the program printed, for logs. */
export class FfmpegError extends Error {
  readonly code: FfmpegErrorCode
  readonly stderr: string
  /** True when the caller's signal ended the run: nobody's fault. `cause` is then the signal's reason. */
  readonly aborted: boolean

  constructor(
    code: FfmpegErrorCode,
    message: string,
    options: { stderr?: string; aborted?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'FfmpegError'
    this.code = code
    this.stderr = options.stderr ?? ''
    this.aborted = options.aborted ?? false
  }
}

/** ffmpeg may end with 0 and still have lost its last writes, so the text counts, not the exit code. */
export const saysDiskFull = (stderr: string): boolean =>
  /No space left on device|Disk quota exceeded|ENOSPC/.test(stderr)

/** The most telling line of what ffmpeg printed, without folders, addresses of contexts, and at most 200 characters. */
export function tellingLine(stderr: string): string {
  const lines = stderr
    .split(/\r?\n/)
    .map((line) => line.replace(/\[[^\]]* @ 0x[0-9a-f]+\]\s*/g, '').trim())
    .filter((line) => line !== '' && !/^(Conversion failed|Terminating|Task finished)/.test(line))
  const line =
    lines.findLast((text) => /error|invalid|not |no such|fail|unknown|unable/i.test(text)) ?? lines.at(-1)
  return (line ?? 'no message').replace(/(?:\/[^\s/'":]+)+\//g, '').slice(0, 200)
}

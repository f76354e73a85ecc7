/** Why a clip or a film was refused. Failures of ffmpeg itself stay `FfmpegError`. */
import { FfmpegError } from '../../core/platform/ffmpeg.ts'

export type ComposeErrorCode =
  /** What the engine delivered is no usable clip. */
  | 'bad_clip'
  /** The clip ends more than a quarter of a second too early. */
  | 'clip_too_short'
  /** Plan and segments do not belong together: a fault of ours. */
  | 'bad_plan'
  /** The composed film failed one of its checks and was thrown away. */
  | 'film_invalid'

/** `message` is for people: no paths, no stream internals beyond what helps. */
export class ComposeError extends Error {
  readonly code: ComposeErrorCode
  constructor(code: ComposeErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'ComposeError'
    this.code = code
  }
}

/** What to reject with: the reason of an abort before anything it caused, and one code for a full disk whoever met it. */
export function reasonOf(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return new FfmpegError('disk_full', 'no space left on the disk', { cause: error })
}

/** Failures of a ComfyUI server or of a prompt, typed; and the cleaning of its texts. */

export type ComfyErrorCode =
  | 'engine_unreachable'
  | 'engine_lost'
  | 'engine_silent'
  | 'engine_rejected'
  | 'node_failed'
  | 'out_of_memory'
  | 'missing_node'
  | 'missing_model'
  | 'bad_result'
  | 'interrupted'
  | 'workflow_invalid'

/** `retryable`: another attempt may help. `hostAtFault`: the host should be rested. `message` is fit for people. */
export class ComfyError extends Error {
  readonly code: ComfyErrorCode
  readonly retryable: boolean
  readonly hostAtFault: boolean
  constructor(
    code: ComfyErrorCode,
    message: string,
    options: { retryable: boolean; hostAtFault?: boolean; cause?: unknown },
  ) {
    super(message, { cause: options.cause })
    this.name = 'ComfyError'
    this.code = code
    this.retryable = options.retryable
    this.hostAtFault = options.hostAtFault ?? false
  }
}

/**
 * The exchange itself failed. `sent` is false only when the server cannot have seen the request (no connection);
 * otherwise its outcome is unknown.
 */
export class TransportError extends Error {
  readonly sent: boolean
  constructor(message: string, sent: boolean, cause?: unknown) {
    super(message, { cause })
    this.name = 'TransportError'
    this.sent = sent
  }
}

/** True for failures that say nothing about the prompt, only that the server gave no usable answer just now. */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof TransportError || (error instanceof ComfyError && error.code === 'engine_unreachable')

const URLS = /\b[a-z][a-z0-9+.-]*:\/\/[^\s'"<>]+/gi
/** In quotes a path may hold spaces. */
const QUOTED_PATHS = /(['"])(?:[A-Za-z]:|~)?[\\/][^'"]*[\\/]([^'"\\/]*)\1/g
const WINDOWS_PATHS = /\b[A-Za-z]:[\\/](?:[^\s\\/:'"<>|]+[\\/])*([^\s\\/:'"<>|]*)/g
const UNC_PATHS = /\\\\[^\s\\/'"<>|]+(?:\\[^\s\\/:'"<>|]+)*\\([^\s\\/:'"<>|]*)/g
const POSIX_PATHS = /(?<![\w.…])~?\/(?:[^\s/:'"<>|()]+\/)+([^\s/:'"<>|()]*)/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be removed
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g

/**
 * Text from a server made fit for people and logs: one line, no addresses, no folders (a path keeps its last
 * part only), cut to `max` characters. Nodes print whatever they like, so it is never trusted further than this.
 */
export function cleanText(text: unknown, max = 300): string {
  // Cut before the patterns run, so that a huge text costs nothing.
  const raw = String(text ?? '').slice(0, max * 8)
  const clean = raw
    .replace(CONTROL, ' ')
    .replace(URLS, '<address>')
    .replace(QUOTED_PATHS, '$1…/$2$1')
    .replace(UNC_PATHS, '…/$1')
    .replace(WINDOWS_PATHS, '…/$1')
    .replace(POSIX_PATHS, '…/$1')
    .replace(/ {2,}/g, ' ')
    .trim()
  return clean.length > max ? `${clean.slice(0, max - 1)}…` : clean
}

/** Exit codes of the command, and errors that carry one. docs/cli.md documents them; a test holds both together. */

export const EXIT = {
  /** Done. */
  ok: 0,
  /** The render failed, or something went wrong that has no code of its own. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The storyboard has errors. */
  invalid: 3,
  /** The server cannot be reached, or the private instance does not start. */
  unreachable: 4,
  /** The server refuses: key, rights, credits, no such job, limits. */
  refused: 5,
  /** The job was canceled. */
  canceled: 6,
  /** Ctrl-C. */
  interrupted: 130,
  /** SIGTERM. */
  terminated: 143,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** A failure to be shown as it is: what happened, and where it helps, what to do. Without a message it ends in silence. */
export class CliError extends Error {
  readonly exitCode: ExitCode
  readonly hint: string | undefined
  constructor(exitCode: ExitCode, message: string, hint?: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'CliError'
    this.exitCode = exitCode
    this.hint = hint
  }
}

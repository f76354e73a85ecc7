/** What can go wrong with a private instance, in words fit for a terminal. */

export type EmbeddedErrorCode =
  /** Another instance has this folder. */
  | 'in_use'
  /** The port that was asked for is taken. */
  | 'port_taken'
  /** A part did not come up, or keeps falling over. */
  | 'part_failed'
  /** This machine lacks something, e.g. Postgres has no binary for it. */
  | 'unsupported'
  | 'aborted'

export class EmbeddedError extends Error {
  readonly code: EmbeddedErrorCode
  constructor(code: EmbeddedErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'EmbeddedError'
    this.code = code
  }
}

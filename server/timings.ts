/** Every time limit of the server in one place; tests shorten them. */
export type ServerTimings = {
  headersMs: number
  bodyMs: number
  handlerMs: number
  /** How long the server keeps serving after it has said that it is going. */
  graceMs: number
  /** How long running requests may take after that. */
  drainMs: number
  /** Open streams ask this often whether their credential is still good. */
  recheckMs: number
  sseKeepAliveMs: number
  wsPingMs: number
  wsSilenceMs: number
  /** How often the hub looks for events whose notice was lost. */
  pollMs: number
  /** A reader that takes nothing for this long during a replay is closed. */
  stallMs: number
  /** How often counted requests are written. */
  meterMs: number
  /** How often each server says who looks at projects there. */
  presenceMs: number
}

export const TIMINGS: ServerTimings = {
  headersMs: 10_000,
  bodyMs: 30_000,
  handlerMs: 30_000,
  graceMs: 5_000,
  drainMs: 10_000,
  // An ended right is noticed within a minute, the look itself included.
  recheckMs: 50_000,
  sseKeepAliveMs: 15_000,
  wsPingMs: 30_000,
  wsSilenceMs: 75_000,
  pollMs: 5_000,
  stallMs: 30_000,
  meterMs: 5_000,
  presenceMs: 15_000,
}

/** What every command is given. */
import type { Terminal } from './terminal.ts'

export type CommandContext = {
  env: Record<string, string | undefined>
  terminal: Terminal
  /** Aborted by Ctrl-C or SIGTERM, with an `Interrupted` as its reason. */
  signal: AbortSignal
}

/** Somebody asked the command to stop. */
export class Interrupted extends Error {
  readonly signalName: 'SIGINT' | 'SIGTERM' | 'SIGHUP'
  constructor(signalName: Interrupted['signalName']) {
    super(`interrupted by ${signalName}`)
    this.name = 'Interrupted'
    this.signalName = signalName
  }
}

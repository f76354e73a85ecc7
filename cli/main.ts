/** The `framecast` command: reads the command line, runs one command, ends with a documented exit code. */
import { CommanderError } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { ApiError } from './api.ts'
import { type CommandContext, Interrupted } from './context.ts'
import { CliError, EXIT } from './exit.ts'
import { buildProgram } from './program.ts'
import { openTerminal } from './terminal.ts'
import { harmless } from './text.ts'

/** The launcher and the terminal both send Ctrl-C: two within this time are one. */
const SAME_SIGNAL_MS = 400

function interruptible(): AbortController {
  const controller = new AbortController()
  let firstAt = 0
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const now = performance.now()
      if (firstAt === 0) {
        firstAt = now
        controller.abort(new Interrupted(name))
      } else if (now - firstAt > SAME_SIGNAL_MS) {
        process.exit(name === 'SIGINT' ? EXIT.interrupted : EXIT.terminated)
      }
    })
  }
  return controller
}

/** Shows what went wrong, on standard error or as a JSON line, and gives the exit code. */
function conclude(error: unknown, context: CommandContext, json: boolean): number {
  const { terminal, signal } = context
  if (signal.aborted) {
    const { signalName } = signal.reason as Interrupted
    return signalName === 'SIGINT' ? EXIT.interrupted : EXIT.terminated
  }
  const known = error instanceof CliError || error instanceof ApiError
  const exitCode = known ? error.exitCode : EXIT.failed
  const message = harmlessLines(error instanceof Error ? error.message : String(error))
  const hint = known ? error.hint : undefined
  if (message === '') return exitCode
  if (json)
    terminal.out(JSON.stringify({ error: { exit_code: exitCode, message, ...(hint ? { hint } : {}) } }))
  const { red, dim } = terminal.errPalette
  process.stderr.write(`${red('framecast:')} ${message}\n`)
  if (hint) process.stderr.write(`${hint}\n`)
  if (!known && error instanceof Error && process.env.FRAMECAST_DEBUG) {
    process.stderr.write(`${dim(error.stack ?? '')}\n`)
  }
  return exitCode
}

const harmlessLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line.startsWith('  ') ? `  ${harmless(line)}` : harmless(line)))
    .join('\n')

async function main(): Promise<number> {
  // A reader that stops early (`| head`) is no fault.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(EXIT.ok)
    })
  }
  const { signal } = interruptible()
  let context: CommandContext | null = null
  const contextOf = (global: { color: boolean; quiet: boolean }): CommandContext => {
    context ??= {
      env: process.env,
      terminal: openTerminal(process.env, { noColor: !global.color, quiet: global.quiet }),
      signal,
    }
    return context
  }
  const program = buildProgram(packageJson.version, contextOf)
  const stopExits = (command: typeof program): void => {
    command.exitOverride()
    for (const inner of command.commands) stopExits(inner)
  }
  stopExits(program)
  try {
    await program.parseAsync(process.argv)
    return EXIT.ok
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    return conclude(error, contextOf({ color: true, quiet: false }), process.argv.includes('--json'))
  }
}

process.exitCode = await main()
// Nothing that a command left open may keep it from ending; output is written by then.
setTimeout(() => process.exit(), 2_000).unref()

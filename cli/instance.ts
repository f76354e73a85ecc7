/** Starting a private instance from the command line, and showing how it comes up. */
import path from 'node:path'
import { EmbeddedError } from '../embedded/errors.ts'
import type { Embedded, EmbeddedEvent } from '../embedded/start.ts'
import { CliError, EXIT } from './exit.ts'
import type { Terminal } from './terminal.ts'
import { fit, type Palette, secondsText } from './text.ts'
import { startLive } from './view/live.ts'

const STEPS = ['postgres', 'store', 'preview', 'migrate', 'server', 'worker'] as const

/** The start as one line: what is up, and how long it took. Pure. */
export function startLine(
  ready: ReadonlyMap<string, number>,
  elapsedS: number,
  width: number,
  palette: Palette,
  unicode: boolean,
): string {
  const done = unicode ? '✓' : 'x'
  const text = STEPS.filter((step) => ready.has(step)).map((step) => `${done} ${step}`)
  const waiting = STEPS.filter((step) => !ready.has(step))
  const head = `starting ${secondsText(elapsedS)}`
  const room = width - head.length - 2
  const list = fit([...text, ...waiting.slice(0, 1).map((step) => `${step} …`)].join('  '), room)
  return `${palette.bold(head)}  ${palette.dim(list)}`
}

/** A crash of a part, in words. */
function crashLines(event: Extract<EmbeddedEvent, { kind: 'crashed' }>): string[] {
  return [
    `${event.part} ended (${event.exit})${event.again ? '; it is being started again' : ''}. Its last lines:`,
    ...event.lastLines.map((line) => `  ${line}`),
  ]
}

/**
 * Starts the instance in `dataDir`.
 * @throws {CliError} with the reason and the way out
 */
export async function startInstance(
  options: { dataDir: string; port?: number | undefined },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Embedded> {
  const { startEmbedded } = await import('../embedded/start.ts')
  const begun = performance.now()
  const ready = new Map<string, number>()
  const elapsedS = () => (performance.now() - begun) / 1_000
  let live = terminal.screen
    ? startLive(terminal.screen, (width) => [
        startLine(ready, elapsedS(), width, terminal.errPalette, terminal.unicode),
      ])
    : null
  const tell = (line: string) => (live ? live.above(line) : terminal.err(line))
  try {
    const embedded = await startEmbedded({
      ...options,
      signal,
      seedSounds: true,
      onEvent(event) {
        if (event.kind === 'ready') ready.set(event.part, event.seconds)
        else if (event.kind === 'crashed') for (const line of crashLines(event)) tell(line)
        else tell(`${event.part} runs again`)
      },
    })
    live?.stop(false)
    live = null
    const { green, dim } = terminal.errPalette
    const head = `instance in ${shortPath(embedded.dataDir)} is up after ${secondsText(elapsedS())}`
    const parts = ` (${STEPS.map((step) => `${step} ${secondsText(ready.get(step) ?? 0)}`).join(', ')})`
    const fits = !terminal.screen || head.length + parts.length + 4 < (terminal.screen.columns ?? 80)
    terminal.err(`${green(terminal.unicode ? '✓' : 'ok')} ${head}${fits ? dim(parts) : ''}`)
    return embedded
  } catch (error) {
    live?.stop(false)
    live = null
    signal.throwIfAborted()
    if (error instanceof EmbeddedError) throw new CliError(EXIT.unreachable, error.message, undefined, error)
    throw error
  }
}

/** Relative to here where that is shorter. */
export function shortPath(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative !== '' && relative.length < file.length && !relative.startsWith('..') ? relative : file
}

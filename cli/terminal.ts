/** Where the command writes: results on standard output, everything else on standard error. */
import { COLOUR, NO_COLOUR, type Palette } from './text.ts'

export type Terminal = {
  /** One line of result. */
  out(line: string): void
  /** One line of talk: progress, hints, errors. */
  err(line: string): void
  outPalette: Palette
  errPalette: Palette
  /** Standard error when it is a terminal that can be drawn on, else null. */
  screen: NodeJS.WriteStream | null
  /** Whether more than ASCII can be shown. */
  unicode: boolean
}

type Env = Record<string, string | undefined>

/** NO_COLOR and TERM=dumb turn colours off, FORCE_COLOR turns them on, `--no-color` wins. */
function wantsColour(stream: NodeJS.WriteStream, env: Env, noColor: boolean): boolean {
  if (noColor || env.NO_COLOR) return false
  if (env.FORCE_COLOR && env.FORCE_COLOR !== '0') return true
  return stream.isTTY === true && env.TERM !== 'dumb'
}

export function openTerminal(
  env: Env,
  options: { noColor: boolean; quiet: boolean },
  streams: { stdout: NodeJS.WriteStream; stderr: NodeJS.WriteStream } = process,
): Terminal {
  const { stdout, stderr } = streams
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  const drawable = stderr.isTTY === true && env.TERM !== 'dumb' && !options.quiet
  return {
    out: (line) => stdout.write(`${line}\n`),
    err: (line) => {
      if (!options.quiet) stderr.write(`${line}\n`)
    },
    outPalette: wantsColour(stdout, env, options.noColor) ? COLOUR : NO_COLOUR,
    errPalette: wantsColour(stderr, env, options.noColor) ? COLOUR : NO_COLOUR,
    screen: drawable ? stderr : null,
    // Terminals of today speak UTF-8 even where no locale is set, as in most containers; the Linux console lacks glyphs.
    unicode: env.TERM !== 'linux' && (locale === '' || /utf-?8|^C$|^POSIX$/i.test(locale)),
  }
}

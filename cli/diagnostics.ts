/** Problems of a storyboard, shown as a compiler shows them. Pure. */
import { fit, harmless, NO_COLOUR, type Palette, textWidth } from './text.ts'

/** A problem as the validator or the server gives it. Lines and columns count from 1. */
export type Diagnostic = {
  path: string
  message: string
  code?: string | undefined
  line?: number | undefined
  column?: number | undefined
  endColumn?: number | undefined
  /** The offending line of the file; of a very long one, a part. */
  source?: string | undefined
  /** Column within `source`, where that is a part. */
  sourceColumn?: number | undefined
}

const TAB = /\t/g
const WIDEST_SOURCE = 160

/** Where the mark begins and how long it is, in columns of the shown line, tabs widened to two. */
function markUnder(source: string, column: number, endColumn: number): { indent: number; length: number } {
  const shown = (text: string) => textWidth(text.replace(TAB, '  '))
  const indent = shown(source.slice(0, column - 1))
  return { indent, length: Math.max(1, shown(source.slice(column - 1, endColumn - 1))) }
}

/**
 * One problem:
 *
 *     welcome.yaml:12:7 error V10_scene_unknown: no scene "entrnce". Did you mean "entrance"?
 *        12 |   - scene: entrnce
 *           |            ^^^^^^^
 */
export function formatDiagnostic(
  file: string,
  severity: 'error' | 'warning',
  problem: Diagnostic,
  palette: Palette = NO_COLOUR,
): string[] {
  const paint = severity === 'error' ? palette.red : palette.yellow
  const where = problem.line ? `${file}:${problem.line}:${problem.column ?? 1}` : file
  const code = problem.code ? ` ${problem.code}` : ''
  // Where a line is shown, the place in the document says nothing more.
  const path = problem.path === '' || problem.line ? '' : palette.dim(` (${harmless(problem.path)})`)
  const lines = [`${palette.bold(where)} ${paint(`${severity}${code}:`)} ${harmless(problem.message)}${path}`]
  if (problem.line && problem.source !== undefined) {
    const number = String(problem.line).padStart(5)
    const column = problem.sourceColumn ?? problem.column ?? 1
    const length = Math.max(1, (problem.endColumn ?? 0) - (problem.column ?? 0))
    // Far to the right the line is shown from a little before the mark.
    const from = column > WIDEST_SOURCE - 40 ? column - 60 : 0
    const source = problem.source.slice(from)
    const mark = markUnder(source, column - from, column - from + length)
    const shown = fit(harmlessLine(source.replace(TAB, '  ')), WIDEST_SOURCE)
    const carets = '^'.repeat(Math.max(1, Math.min(mark.length, textWidth(shown) - mark.indent)))
    lines.push(`${palette.dim(`${number} |`)} ${shown}`)
    lines.push(`${palette.dim('      |')} ${' '.repeat(mark.indent)}${paint(carets)}`)
  }
  return lines
}

/** As `harmless`, but blanks at the beginning stay: columns must not move. */
const harmlessLine = (line: string): string => {
  const indent = /^ */.exec(line)?.[0] ?? ''
  return indent + harmless(line)
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`

/** All problems of a file and a closing line, errors first, each in the order of the file. */
export function formatDiagnostics(
  file: string,
  found: { errors: readonly Diagnostic[]; warnings: readonly Diagnostic[] },
  palette: Palette = NO_COLOUR,
): string[] {
  const byPlace = (a: Diagnostic, b: Diagnostic) =>
    (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
  const { errors, warnings } = found
  return [
    ...errors.toSorted(byPlace).flatMap((error) => formatDiagnostic(file, 'error', error, palette)),
    ...warnings.toSorted(byPlace).flatMap((warning) => formatDiagnostic(file, 'warning', warning, palette)),
    `${file}: ${[
      errors.length === 0 ? palette.green('valid') : palette.red(count(errors.length, 'error')),
      ...(warnings.length === 0 ? [] : [palette.yellow(count(warnings.length, 'warning'))]),
    ].join(', ')}`,
  ]
}

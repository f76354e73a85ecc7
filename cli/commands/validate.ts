/** `framecast validate`: checks storyboards as the server would, without one. */
import type { CommandContext } from '../context.ts'
import { type Diagnostic, formatDiagnostics } from '../diagnostics.ts'
import { CliError, EXIT } from '../exit.ts'
import { loadStoryboard } from '../storyboard-file.ts'

/** What `--json` shows of a problem. */
const plain = ({ path, code, message, line, column }: Diagnostic) => ({ path, code, message, line, column })

/** Problems are the result here: they go to standard output. */
export async function validate(
  files: readonly string[],
  flags: { json?: boolean },
  { terminal }: CommandContext,
): Promise<void> {
  let broken = 0
  for (const file of files) {
    const storyboard = await loadStoryboard(file)
    const valid = storyboard.errors.length === 0
    if (!valid) broken += 1
    if (flags.json) {
      const { errors, warnings } = storyboard
      terminal.out(JSON.stringify({ file, valid, errors: errors.map(plain), warnings: warnings.map(plain) }))
      continue
    }
    const lines = formatDiagnostics(storyboard.file, storyboard, terminal.outPalette)
    for (const line of lines) terminal.out(line)
  }
  // What is wrong has been shown: nothing is left to say.
  if (broken > 0) throw new CliError(EXIT.invalid, '')
}

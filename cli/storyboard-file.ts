/** A storyboard on disk: read, parsed, validated, its pictures looked at. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseStoryboard } from '../core/storyboard/parse.ts'
import { SYSTEM_ASSET_IDS } from '../core/storyboard/system-assets.ts'
import { validateStoryboard } from '../core/storyboard/validate.ts'
import type { Diagnostic } from './diagnostics.ts'
import { CliError, EXIT } from './exit.ts'
import { checkReferences, type Reference } from './references.ts'

export type LoadedStoryboard = {
  file: string
  document: unknown
  errors: Diagnostic[]
  warnings: Diagnostic[]
  references: Reference[]
  /** Line and column of a place in the document, for what the server finds later. */
  locate(path: string): Partial<Diagnostic>
}

/** `-` reads standard input; pictures are then relative to the current folder. */
async function readText(file: string): Promise<string> {
  try {
    if (file !== '-') return await readFile(file, 'utf8')
    let text = ''
    for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk
    return text
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const why =
      code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`
    throw new CliError(
      EXIT.usage,
      `${file} ${why}.`,
      'A storyboard is a YAML or JSON file; examples/ has some.',
    )
  }
}

/** `scenes[0].audio["a b"]` as keys and indexes. Pure. */
export function parsePath(text: string): (string | number)[] {
  const parts: (string | number)[] = []
  for (const [, index, quoted, name] of text.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g)) {
    if (index !== undefined) parts.push(Number(index))
    else parts.push(quoted === undefined ? (name as string) : (JSON.parse(quoted) as string))
  }
  return parts
}

/**
 * Reads a storyboard and finds everything that is wrong with it here: text, rules, pictures. Whether uploaded assets
 * are within reach only the server knows.
 * @throws {CliError} usage, when the file cannot be read
 */
export async function loadStoryboard(file: string): Promise<LoadedStoryboard> {
  const text = await readText(file)
  const name = file === '-' ? 'standard input' : file
  const parsed = parseStoryboard(text, file === '-' ? {} : { filename: file })
  if ('errors' in parsed) {
    return {
      file: name,
      document: null,
      errors: parsed.errors,
      warnings: [],
      references: [],
      locate: () => ({}),
    }
  }
  const { document, source } = parsed
  const locate = (path: string): Partial<Diagnostic> => source.locate(parsePath(path))
  const context = {
    systemAssets: SYSTEM_ASSET_IDS,
    findAudioAsset: () => true,
    findImageAsset: () => true,
    voiceEngine: 'on',
  } as const
  const checked = validateStoryboard(document, context, source)
  const folder = file === '-' ? process.cwd() : path.dirname(file)
  const { references, errors } = await checkReferences(document, folder)
  const placed = (problem: Diagnostic): Diagnostic =>
    problem.line === undefined ? { ...problem, ...locate(problem.path) } : problem
  return {
    file: name,
    document,
    errors: [...checked.errors, ...errors].map(placed),
    warnings: checked.warnings.map(placed),
    references,
    locate,
  }
}

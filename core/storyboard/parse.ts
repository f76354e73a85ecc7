/** Storyboard text, JSON or YAML, to a document and a way back from paths to lines. */
import { parseJson } from './parse-json.ts'
import { parseYaml } from './parse-yaml.ts'
import type { Problem } from './problems.ts'
import { locator, type SourceMap, sourceMap } from './source-map.ts'

export type StoryboardFormat = 'json' | 'yaml'

/** `document` is any JSON value: parsing says nothing about its shape. */
export type Parsed =
  | { document: unknown; source: SourceMap; format: StoryboardFormat }
  | { errors: Problem[] }

/** By file name, else by the first character: `{` or `[` is JSON. */
function guessFormat(text: string, filename: string | undefined): StoryboardFormat {
  if (filename !== undefined && /\.json$/i.test(filename)) return 'json'
  if (filename !== undefined && /\.ya?ml$/i.test(filename)) return 'yaml'
  return /^\s*[{[]/.test(text) ? 'json' : 'yaml'
}

const withoutMark = (text: string): string => (text.startsWith('\ufeff') ? text.slice(1) : text)

/**
 * Parses a storyboard. Never throws and never hangs; whatever is wrong with the text comes back as errors with line,
 * column and source line, and a stable code (`syntax`, `duplicate_key`, `too_deep`, `too_large`, `bad_text`, ...).
 * @param text a text, or its bytes, which must be UTF-8
 */
export function parseStoryboard(
  text: string | Uint8Array,
  options: { format?: StoryboardFormat | undefined; filename?: string | undefined } = {},
): Parsed {
  let decoded: string
  try {
    decoded = withoutMark(
      typeof text === 'string' ? text : new TextDecoder('utf-8', { fatal: true }).decode(text),
    )
  } catch {
    return {
      errors: [{ path: '', message: 'the text is not UTF-8; save the file as UTF-8', code: 'bad_text' }],
    }
  }
  const format = options.format ?? guessFormat(decoded, options.filename)
  const result = format === 'json' ? parseJson(decoded) : parseYaml(decoded)
  if ('problems' in result) {
    const locate = locator(decoded)
    return {
      errors: result.problems.map(({ range, path = '', ...problem }) => ({
        path,
        ...problem,
        ...locate(range),
      })),
    }
  }
  return { document: result.value, source: sourceMap(decoded, result.findRange), format }
}

/** JSON text to a value, strictly: what JSON.parse lets pass (duplicate keys, prototype keys, rounded integers) is refused. */
import { findNodeAtLocation, type Node, parseTree, printParseErrorCode, visit } from 'jsonc-parser'
import { formatPath, type Path } from './problems.ts'
import type { FindRange, Range } from './source-map.ts'
import { describeBadText, FORBIDDEN_KEYS, MAX_DEPTH, MAX_KEYS, type TextProblem } from './text-limits.ts'
import { utf8Length } from './values.ts'

export const MAX_JSON_BYTES = 5 * 1024 * 1024

/** What the parser stumbled over, in our words. */
const SYNTAX: Record<string, string> = {
  InvalidSymbol:
    'a value is not written as JSON: text needs double quotes, and only true, false and null go without',
  InvalidNumberFormat: 'a number is not written as JSON: digits first, no leading zero or plus',
  PropertyNameExpected: 'a field name in double quotes is expected here (no comma after the last field)',
  ValueExpected: 'a value is expected here (no comma after the last item)',
  ColonExpected: 'a colon is expected here, between a field name and its value',
  CommaExpected: 'a comma is expected here, before the next item or field',
  CloseBraceExpected: 'a closing } is expected here',
  CloseBracketExpected: 'a closing ] is expected here',
  EndOfFileExpected: 'the document has ended here; nothing may follow it',
  InvalidCommentToken: 'JSON has no comments: remove it, or write the storyboard as YAML',
  UnexpectedEndOfComment: 'JSON has no comments: remove it, or write the storyboard as YAML',
  UnexpectedEndOfString: 'a text is not closed: it needs a double quote at its end, on the same line',
  UnexpectedEndOfNumber: 'a number is cut off here',
  InvalidUnicode: 'a \\u escape needs four hexadecimal digits',
  InvalidEscapeCharacter:
    'this escape is unknown: use \\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u and four digits',
  InvalidCharacter: 'a line break or control character inside a text: write it as \\n or \\u escape',
}

/** Where nesting goes deeper than allowed, or -1. Without recursion: it guards parsers that recurse. */
function tooDeepAt(text: string, maxDepth: number): number {
  let depth = 0
  let inText = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (inText) {
      if (char === '\\') i++
      else if (char === '"' || char === '\n') inText = false
    } else if (char === '"') inText = true
    else if (char === '{' || char === '[') {
      if (++depth > maxDepth) return i
    } else if (char === '}' || char === ']') depth--
  }
  return -1
}

const tooDeep = (at: number): TextProblem => ({
  code: 'too_deep',
  message: `nesting is deeper than ${MAX_DEPTH} levels; a storyboard needs no more than 8`,
  range: [at, at + 1],
})

/**
 * Parses JSON for our own use. Depth 32, 10,000 keys an object, no duplicate, `__proto__`, `constructor` or `prototype`
 * keys, no NUL, no half characters, no integer that would be rounded. Never throws.
 */
export function parseJson(
  text: string,
): { value: unknown; findRange: FindRange } | { problems: TextProblem[] } {
  if (utf8Length(text) > MAX_JSON_BYTES) {
    const message = `the text is larger than ${MAX_JSON_BYTES} bytes`
    return { problems: [{ code: 'too_large', message, range: [0, 0], limit: MAX_JSON_BYTES }] }
  }
  const deep = tooDeepAt(text, MAX_DEPTH)
  if (deep >= 0) return { problems: [tooDeep(deep)] }

  const problems: TextProblem[] = []
  const add = (code: string, message: string, start: number, length: number, path: Path = []) => {
    if (problems.length < 20)
      problems.push({ code, message, range: [start, start + length], path: formatPath(path) })
  }
  let syntax: TextProblem | null = null
  const openObjects: Set<string>[] = []
  visit(
    text,
    {
      onObjectBegin: () => void openObjects.push(new Set()),
      onObjectEnd: () => void openObjects.pop(),
      onObjectProperty(key, start, length, _line, _column, path) {
        const keys = openObjects.at(-1)!
        if (keys.has(key))
          add('duplicate_key', `"${key}" is given twice here; keep one`, start, length, [...path(), key])
        if (keys.size === MAX_KEYS)
          add('too_many_keys', `more than ${MAX_KEYS} fields in one object`, start, length)
        keys.add(key)
        if (FORBIDDEN_KEYS.has(key))
          add('forbidden_key', `"${key}" may not be used as a name`, start, length, path())
        const bad = describeBadText(key)
        if (bad !== null) add('bad_text', `a field name ${bad}`, start, length, path())
      },
      onLiteralValue(value, start, length, _line, _column, path) {
        if (typeof value === 'string') {
          const bad = describeBadText(value)
          if (bad !== null) add('bad_text', `the text ${bad}`, start, length, path())
        } else if (typeof value === 'number') {
          const message = unsafeNumber(value)
          if (message !== null) add('unsafe_integer', message, start, length, path())
        }
      },
      onError(error, start, length) {
        if (syntax !== null) return
        const name = printParseErrorCode(error)
        syntax = {
          code: 'syntax',
          message: SYNTAX[name] ?? 'this is not JSON',
          range: [start, start + length],
        }
      },
    },
    { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false },
  )
  if (syntax !== null) return { problems: [text.trim() === '' ? empty() : atEndOfText(text, syntax)] }
  if (problems.length > 0) return { problems }
  try {
    return { value: JSON.parse(text), findRange: jsonRanges(text) }
  } catch {
    return { problems: [{ code: 'syntax', message: 'this is not JSON', range: [0, 0] }] }
  }
}

const empty = (): TextProblem => ({
  code: 'empty',
  message: 'the file is empty; a storyboard needs at least a title and one scene',
  range: [0, 0],
})

/** At the end of the text the last written character is shown: a cut-off file has nothing there to point at. */
function atEndOfText(text: string, problem: TextProblem): TextProblem {
  const end = text.trimEnd().length
  if (problem.range[0] < end) return problem
  return {
    ...problem,
    message: `the text ends too early: ${problem.message}`,
    range: [Math.max(0, end - 1), end],
  }
}

/** Why a number cannot be kept as written, or null. */
export function unsafeNumber(value: number): string | null {
  if (!Number.isFinite(value)) return 'the number is too large'
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return `the whole number is beyond ${Number.MAX_SAFE_INTEGER} and would be rounded`
  }
  return null
}

function jsonRanges(text: string): FindRange {
  let root: Node | undefined
  const rangeOf = (node: Node): Range => [node.offset, node.offset + node.length]
  return (path, at) => {
    root ??= parseTree(text)
    const node = root && findNodeAtLocation(root, [...path])
    if (node === undefined) return null
    if (at === 'value') return rangeOf(node)
    const key = node.parent?.type === 'property' ? node.parent.children?.[0] : undefined
    return key === undefined ? null : rangeOf(key)
  }
}

/** YAML text to a value, within limits that no hostile text can stretch. */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml'
import { unsafeNumber } from './parse-json.ts'
import type { FindRange, Range } from './source-map.ts'
import { describeBadText, FORBIDDEN_KEYS, MAX_DEPTH, MAX_KEYS, type TextProblem } from './text-limits.ts'
import { byteSize, utf8Length } from './values.ts'

export const MAX_YAML_BYTES = 256 * 1024
export const MAX_ALIASES = 100
/** Lexer tokens; the largest storyboard allowed has about 20,000. Keeps parsing well under 100 ms. */
const MAX_TOKENS = 50_000
/** Bytes, as JSON, once aliases are written out. */
const MAX_EXPANDED_BYTES = 5 * 1024 * 1024
const SCALAR_FOLLOWS = '\u001f'
const CORE_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
)

type Rule = string | ((error: YAMLError, text: string) => string)

/** What the parser stumbled over, in our words. */
const SYNTAX: Record<string, Rule> = {
  ALIAS_PROPS: 'an alias (*name) cannot have an anchor or tag of its own',
  BAD_ALIAS: 'this alias (*name) is not usable; text that starts with * needs quotes',
  BAD_DIRECTIVE: 'this % directive is not usable; remove the line',
  BAD_DQ_ESCAPE:
    'this escape is unknown inside double quotes; write \\\\ for a backslash, or use single quotes',
  BAD_INDENT:
    'the indentation does not fit: fields of one object start in the same column, and a [ or { must be closed',
  BAD_PROP_ORDER: 'anchors and tags come after the - or the field name',
  BAD_SCALAR_START: ({ pos }, text) =>
    `text that starts with ${text[pos[0]] ?? 'this character'} needs quotes: prompt: "${text[pos[0]] ?? '@'}..."`,
  BLOCK_AS_IMPLICIT_KEY:
    'text with a colon and a space in it needs quotes: prompt: "Note: the door is open"; or the indentation is wrong',
  BLOCK_IN_FLOW: 'inside [ ] or { } write items with commas, not with line breaks and dashes',
  BAD_COLLECTION_TYPE: 'the tag does not fit this value; remove the tag',
  DUPLICATE_KEY: 'this field is given twice; keep one',
  KEY_OVER_1024_CHARS: 'a field name is at most 1024 characters; is a quote or a colon missing?',
  MISSING_CHAR: ({ message }) =>
    /quote/.test(message)
      ? 'a quote is not closed: add it where the text ends'
      : 'a character is missing here: a closing ] or }, a comma, or a space after the colon',
  MULTILINE_IMPLICIT_KEY: 'a field needs a colon and a space after its name (name: value), on one line',
  MULTIPLE_ANCHORS: 'a value has one anchor (&name) at most',
  MULTIPLE_DOCS: 'one storyboard a file: remove everything from the second --- on',
  MULTIPLE_TAGS: 'a value has one tag at most; a storyboard needs none',
  NON_STRING_KEY: 'a field name must be plain text',
  RESOURCE_EXHAUSTION: 'the text is nested too deeply',
  TAB_AS_INDENT: 'a tab is used for indentation; YAML wants spaces',
  TAG_RESOLVE_FAILED: 'tags (!name) are not supported; text that starts with ! needs quotes',
  UNEXPECTED_TOKEN: 'this is not expected here; is a quote, a comma or a colon missing before it?',
}

function syntaxProblem(error: YAMLError, text: string): TextProblem {
  const rule = SYNTAX[error.code]
  const message = typeof rule === 'function' ? rule(error, text) : (rule ?? 'this is not YAML')
  const [start, end] = error.pos
  return { code: 'syntax', message, range: [start, Math.max(end, start + 1)] }
}

/** Counts tokens and nesting before the recursive parser sees the text. */
function guard(text: string): TextProblem | null {
  let tokens = 0
  let offset = 0
  let flowDepth = 0
  let markersOnLine = 0
  let isContent = false
  for (const token of new Lexer().lex(text)) {
    if (++tokens > MAX_TOKENS) {
      return {
        code: 'too_large',
        message: 'the text has far more parts than a storyboard can have',
        range: [offset, offset],
      }
    }
    // Control characters stand for states of the lexer and take no room in the text.
    const isMark = token === '\u0002' || token === '\u0018' || token === SCALAR_FOLLOWS || token === '\ufeff'
    if (!isContent && !isMark) {
      if (token === '[' || token === '{') flowDepth++
      else if (token === ']' || token === '}') flowDepth = Math.max(0, flowDepth - 1)
      else if (token === '-' || token === '?' || token === ':') markersOnLine++
      if (token.includes('\n') || flowDepth > 0) markersOnLine = 0
      if (flowDepth > MAX_DEPTH || markersOnLine > MAX_DEPTH) return tooDeep([offset, offset + 1])
    }
    isContent = token === SCALAR_FOLLOWS
    if (!isMark) offset += token.length
  }
  return null
}

const tooDeep = (range: Range): TextProblem => ({
  code: 'too_deep',
  message: `nesting is deeper than ${MAX_DEPTH} levels; a storyboard needs no more than 8`,
  range,
})

const rangeOf = (node: unknown): Range => {
  const range = isNode(node) ? node.range : null
  return range ? [range[0], range[1]] : [0, 0]
}

/** Everything the grammar allows and a storyboard does not. */
function inspect(doc: Document.Parsed): TextProblem[] {
  const problems: TextProblem[] = []
  const add = (code: string, message: string, node: unknown) => {
    if (problems.length < 20) problems.push({ code, message, range: rangeOf(node) })
  }
  let aliases = 0
  const anchors = new Set<string>()
  visit(doc, {
    Alias(_key, node) {
      if (++aliases === MAX_ALIASES + 1)
        add('too_many_aliases', `more than ${MAX_ALIASES} aliases (*name)`, node)
      if (!anchors.has(node.source)) {
        add(
          'unknown_alias',
          `no anchor &${node.source} stands before this alias; text that starts with * needs quotes`,
          node,
        )
      }
    },
    Node(_key, node, parents) {
      if (isAlias(node)) return undefined
      if (node.anchor !== undefined) anchors.add(node.anchor)
      if (node.tag !== undefined && !CORE_TAGS.has(node.tag)) {
        add('tag', 'tags (!name) are not supported; text that starts with ! needs quotes', node)
      }
      // Parents hold the document, and a pair beside every object.
      const depth = parents.filter(isCollection).length + (isCollection(node) ? 1 : 0)
      if (depth > MAX_DEPTH) {
        problems.push(tooDeep(rangeOf(node)))
        return visit.BREAK
      }
      if (isScalar(node) && typeof node.value === 'number') {
        const message = unsafeNumber(node.value)
        if (message !== null) add('unsafe_integer', message, node)
      }
      if (isScalar(node) && typeof node.value === 'string') {
        const bad = describeBadText(node.value)
        if (bad !== null) add('bad_text', `the text ${bad}`, node)
      }
      if (isMap(node)) inspectKeys(node.items, add)
      return undefined
    },
  })
  return problems
}

/** Unique keys are checked here, by a set: the library compares each with each. */
function inspectKeys(
  pairs: readonly Pair[],
  add: (code: string, message: string, node: unknown) => void,
): void {
  const keys = new Set<string>()
  for (const { key } of pairs) {
    const name = isScalar(key) ? String(key.value) : null
    if (name === null) {
      add('syntax', 'a field name must be plain text', key)
      continue
    }
    if (keys.has(name)) add('duplicate_key', `"${name}" is given twice here; keep one`, key)
    if (keys.size === MAX_KEYS) add('too_many_keys', `more than ${MAX_KEYS} fields in one object`, key)
    keys.add(name)
    if (FORBIDDEN_KEYS.has(name)) add('forbidden_key', `"${name}" may not be used as a name`, key)
    if (name === '<<')
      add(
        'merge_key',
        'merge keys (<<) are not supported; write the fields out, or use a symbol or preset',
        key,
      )
  }
}

/**
 * Parses YAML 1.2 (core schema): 256 kB, 100 aliases, depth 32, no merge keys, no tags, one document, unique keys.
 * Never throws, and takes well under a second whatever the text.
 */
export function parseYaml(
  text: string,
): { value: unknown; findRange: FindRange } | { problems: TextProblem[] } {
  if (utf8Length(text) > MAX_YAML_BYTES) {
    const message = `the text is larger than ${MAX_YAML_BYTES} bytes`
    return { problems: [{ code: 'too_large', message, range: [0, 0], limit: MAX_YAML_BYTES }] }
  }
  try {
    const refused = guard(text)
    if (refused !== null) return { problems: [refused] }
    const doc = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      merge: false,
      // Checked by inspectKeys.
      uniqueKeys: false,
      stringKeys: true,
      strict: true,
      prettyErrors: false,
      // Not `silent`: that would hide a second document.
      logLevel: 'error',
    })
    const errors = [...doc.errors, ...doc.warnings]
    if (errors.length > 0)
      return {
        problems: firstPerLine(
          errors.map((error) => syntaxProblem(error, text)),
          text,
        ),
      }
    if (doc.directives.yaml.version !== '1.2') {
      return {
        problems: [
          { code: 'syntax', message: 'only YAML 1.2 is read; remove the %YAML line', range: [0, 5] },
        ],
      }
    }
    if (doc.contents === null || (isScalar(doc.contents) && doc.contents.value === null)) {
      const message = 'the file is empty; a storyboard needs at least a title and one scene'
      return { problems: [{ code: 'empty', message, range: [0, 0] }] }
    }
    const problems = inspect(doc)
    if (problems.length > 0) return { problems }
    // The library counts the anchor itself as well.
    const value: unknown = doc.toJS({ maxAliasCount: MAX_ALIASES + 1 })
    if (byteSize(value, MAX_EXPANDED_BYTES) > MAX_EXPANDED_BYTES) return { problems: [aliasBomb()] }
    return { value, findRange: yamlRanges(doc) }
  } catch (error) {
    // Aliases that expand without end are refused by the library with a ReferenceError.
    if (error instanceof ReferenceError) return { problems: [aliasBomb()] }
    if (error instanceof RangeError) return { problems: [tooDeep([0, 0])] }
    return { problems: [{ code: 'syntax', message: 'this is not YAML', range: [0, 0] }] }
  }
}

const aliasBomb = (): TextProblem => ({
  code: 'too_many_aliases',
  message:
    'aliases (*name) refer to themselves or expand to far more than a storyboard can hold; write the values out',
  range: [0, 0],
})

/** One slip often brings several complaints about the same line: the first is the useful one. */
function firstPerLine(problems: TextProblem[], text: string): TextProblem[] {
  const lines = new Set<number>()
  const first: TextProblem[] = []
  for (const problem of problems.slice(0, 100).sort((a, b) => a.range[0] - b.range[0])) {
    const lineStart = text.lastIndexOf('\n', problem.range[0] - 1)
    if (lines.has(lineStart) || first.length === 5) continue
    lines.add(lineStart)
    first.push(problem)
  }
  return first
}

function yamlRanges(doc: Document.Parsed): FindRange {
  return (path, at) => {
    let node: unknown = doc.contents
    let key: unknown = null
    for (const part of path) {
      if (isAlias(node)) node = node.resolve(doc)
      key = null
      if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part))
        if (pair === undefined) return null
        key = pair.key
        // `name:` without a value has no node to point at.
        node = pair.value ?? pair.key
      } else if (isSeq(node) && typeof part === 'number' && part < node.items.length) node = node.items[part]
      else return null
    }
    const found = at === 'key' ? key : node
    return isNode(found) && found.range ? rangeOf(found) : null
  }
}

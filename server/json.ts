/**
 * A strict JSON reader for bodies from strangers: one value, no duplicate or prototype keys, no NUL, whole numbers
 * only while they are exact, limited depth and width, and every refusal with line and column.
 *
 * It works in slices of a few milliseconds and lets other requests run in between: a 5 MiB body of small tokens takes
 * longer to read than any one request may hold the process. Texts are cut out here and read by JSON.parse: a scanner
 * that puts them together escape by escape took a second for one long text.
 */
import { setImmediate as breathe } from 'node:timers/promises'

export const MAX_DEPTH = 32
export const MAX_KEYS = 10_000
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])
/** Longest time spent without letting others run, and how many tokens pass between two looks at the clock. */
const SLICE_MS = 8
const TOKENS_PER_LOOK = 256

export type JsonFault =
  | 'invalid_json'
  | 'duplicate_key'
  | 'forbidden_key'
  | 'too_deep'
  | 'too_many_keys'
  | 'nul_character'
  | 'invalid_text'
  | 'unsafe_integer'
  | 'number_out_of_range'

/** Why a text was refused; line and column count from 1. */
export class JsonRefused extends Error {
  readonly fault: JsonFault
  readonly line: number
  readonly column: number
  constructor(fault: JsonFault, what: string, line: number, column: number) {
    super(`line ${line}, column ${column}: ${what}`)
    this.name = 'JsonRefused'
    this.fault = fault
    this.line = line
    this.column = column
  }
}

type Container =
  | { kind: 'array'; value: unknown[] }
  | { kind: 'object'; value: Record<string, unknown>; key: string; count: number }

/** What may come next. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end' | 'nothing'

const WANTED: Record<Expected, string> = {
  value: 'a value',
  'value or ]': 'a value or ]',
  key: 'a key in double quotes',
  'key or }': 'a key in double quotes, or }',
  colon: 'a colon',
  'comma or end': 'a comma or the closing bracket',
  nothing: 'the end of the text',
}

const BLANKS = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const WORD = /[A-Za-z0-9_.+-]{1,20}/y
const WORDS = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
])

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Offset of the quote that closes the text opened at `at`, or -1. */
function closingQuote(text: string, at: number): number {
  for (let offset = at + 1; offset < text.length; offset += 1) {
    const code = text.charCodeAt(offset)
    if (code === QUOTE) return offset
    if (code === BACKSLASH) offset += 1
  }
  return -1
}

class Reader {
  #at = 0
  #root: unknown
  #expected: Expected = 'value'
  readonly #stack: Container[] = []
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** Reads one token. False at the end of a complete text. */
  step(): boolean {
    const text = this.#text
    this.#at += match(BLANKS, text, this.#at).length
    const character = text[this.#at]
    switch (character) {
      case undefined:
        if (this.#expected !== 'nothing') this.#unexpected()
        return false
      case '"':
        this.#readText()
        break
      case '{':
        this.#open({ kind: 'object', value: {}, key: '', count: 0 })
        break
      case '[':
        this.#open({ kind: 'array', value: [] })
        break
      case '}':
      case ']':
        this.#close(character)
        break
      case ':':
        if (this.#expected !== 'colon') this.#unexpected()
        this.#expected = 'value'
        this.#at += 1
        break
      case ',':
        if (this.#expected !== 'comma or end') this.#unexpected()
        this.#expected = this.#stack.at(-1)?.kind === 'array' ? 'value' : 'key'
        this.#at += 1
        break
      default:
        this.#readWordOrNumber()
    }
    return true
  }

  get value(): unknown {
    return this.#root
  }

  #refuse(fault: JsonFault, what: string, at = this.#at): never {
    const before = this.#text.slice(0, at)
    const lineStart = before.lastIndexOf('\n') + 1
    let line = 1
    for (let end = before.indexOf('\n'); end !== -1; end = before.indexOf('\n', end + 1)) line += 1
    throw new JsonRefused(fault, what, line, at - lineStart + 1)
  }

  #unexpected(): never {
    const character = this.#text.codePointAt(this.#at)
    const found =
      character === undefined
        ? 'the text ends'
        : `found ${JSON.stringify(match(WORD, this.#text, this.#at) || String.fromCodePoint(character))}`
    this.#refuse('invalid_json', `${found} where ${WANTED[this.#expected]} was expected`)
  }

  #takesValue(): boolean {
    return this.#expected === 'value' || this.#expected === 'value or ]'
  }

  #place(value: unknown): void {
    const top = this.#stack.at(-1)
    if (!top) this.#root = value
    else if (top.kind === 'array') top.value.push(value)
    else top.value[top.key] = value
    this.#expected = top ? 'comma or end' : 'nothing'
  }

  #open(container: Container): void {
    if (!this.#takesValue()) this.#unexpected()
    if (this.#stack.length >= MAX_DEPTH) this.#refuse('too_deep', `nested deeper than ${MAX_DEPTH} levels`)
    this.#place(container.value)
    this.#stack.push(container)
    this.#expected = container.kind === 'array' ? 'value or ]' : 'key or }'
    this.#at += 1
  }

  #close(bracket: '}' | ']'): void {
    const kind = this.#stack.at(-1)?.kind
    const fits = bracket === '}' ? kind === 'object' : kind === 'array'
    const empty = bracket === '}' ? 'key or }' : 'value or ]'
    if (!fits || (this.#expected !== 'comma or end' && this.#expected !== empty)) this.#unexpected()
    this.#stack.pop()
    this.#expected = this.#stack.length > 0 ? 'comma or end' : 'nothing'
    this.#at += 1
  }

  #readText(): void {
    const isKey = this.#expected === 'key' || this.#expected === 'key or }'
    if (!isKey && !this.#takesValue()) this.#unexpected()
    const end = closingQuote(this.#text, this.#at)
    if (end === -1) this.#refuse('invalid_json', 'a text has no closing quote')
    let value: string
    try {
      value = JSON.parse(this.#text.slice(this.#at, end + 1))
    } catch {
      this.#refuse(
        'invalid_json',
        'a text holds an unknown escape, or a control character that is not escaped',
      )
    }
    if (value.includes('\0')) this.#refuse('nul_character', 'a text holds the character NUL')
    if (!value.isWellFormed()) this.#refuse('invalid_text', 'a text holds half of a surrogate pair')
    if (isKey) this.#takeKey(value)
    else this.#place(value)
    this.#at = end + 1
  }

  #takeKey(key: string): void {
    const top = this.#stack.at(-1) as Extract<Container, { kind: 'object' }>
    if (FORBIDDEN_KEYS.has(key))
      this.#refuse('forbidden_key', `the key ${JSON.stringify(key)} is not allowed`)
    if (Object.hasOwn(top.value, key))
      this.#refuse('duplicate_key', `the key ${JSON.stringify(key.slice(0, 60))} is here twice`)
    top.count += 1
    if (top.count > MAX_KEYS) this.#refuse('too_many_keys', `an object has more than ${MAX_KEYS} keys`)
    top.key = key
    this.#expected = 'colon'
  }

  #readWordOrNumber(): void {
    if (!this.#takesValue()) this.#unexpected()
    const digits = match(NUMBER, this.#text, this.#at)
    if (digits !== '') {
      const value = Number(digits)
      if (!Number.isFinite(value)) this.#refuse('number_out_of_range', 'a number is too large')
      if (Number.isInteger(value) && !Number.isSafeInteger(value))
        this.#refuse('unsafe_integer', 'a whole number is beyond 2^53 - 1 and would lose digits')
      this.#place(value)
      this.#at += digits.length
      return
    }
    const word = match(WORD, this.#text, this.#at)
    if (!WORDS.has(word)) this.#unexpected()
    this.#place(WORDS.get(word))
    this.#at += word.length
  }
}

/**
 * Reads one JSON value, and lets others have their turn after every slice of time.
 * @param now clock in ms
 * @throws {JsonRefused} with the first thing that is wrong
 */
export async function parseStrictJson(
  text: string,
  now: () => number = () => performance.now(),
): Promise<unknown> {
  const reader = new Reader(text)
  let sliceStart = now()
  for (let count = 1; reader.step(); count += 1) {
    if (count % TOKENS_PER_LOOK === 0 && now() - sliceStart > SLICE_MS) {
      await breathe()
      sliceStart = now()
    }
  }
  return reader.value
}

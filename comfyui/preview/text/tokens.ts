import type { FontMetrics } from './metrics.ts'

/** A piece of a line that is never broken inside (unless it is wider than a line). */
export type Token = { readonly text: string; readonly kind: 'word' | 'symbol' | 'uncovered' }

/** Longest text a board looks at; what is beyond would be cut by the ellipsis in any case. */
const MAX_CHARACTERS = 2_000

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Joiners and selectors that have no glyph of their own and need none. */
const INVISIBLE = /^\p{Default_Ignorable_Code_Point}$/u

/**
 * Text as a board may show it: composed, without control, bidirectional-override and lone surrogate characters,
 * white space made plain, cut to a sane length.
 */
export function plainText(text: string): string {
  return text
    .slice(0, 4 * MAX_CHARACTERS)
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\s\p{Zs}]+/gu, ' ')
    .replace(/[\p{Cc}\p{Co}\p{Cn}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]/gu, '')
    .slice(0, MAX_CHARACTERS)
    .toWellFormed()
    .replace(/\ufffd$/u, '')
    .trim()
}

/**
 * Splits plain text into words. `@name` is set apart so that it can be tinted, and every run of characters the font
 * does not have becomes one marked placeholder that says what is missing, such as `[Han ×4]`, in place of empty boxes.
 */
export function tokenize(text: string, font: FontMetrics): Token[][] {
  const words: Token[][] = []
  for (const word of plainText(text).split(' ')) {
    const tokens = wordTokens(word, font)
    if (tokens.length > 0) words.push(tokens)
  }
  return mergeUncovered(words)
}

/** The same as a plain string, for places that are drawn in one colour. */
export const coveredText = (text: string, font: FontMetrics): string =>
  tokenize(text, font)
    .map((word) => word.map((token) => token.text).join(''))
    .join(' ')

function wordTokens(word: string, font: FontMetrics): Token[] {
  const tokens: Token[] = []
  for (const piece of word.split(/(?<![\p{L}\p{N}])(@[\p{L}\p{N}_][\p{L}\p{N}_-]*)/u)) {
    if (piece === '') continue
    for (const run of coverageRuns(piece, font)) {
      if (run.missing.length > 0) tokens.push({ text: placeholder(run.missing), kind: 'uncovered' })
      else tokens.push({ text: run.text, kind: piece.startsWith('@') ? 'symbol' : 'word' })
    }
  }
  return tokens
}

type Run = { text: string; missing: string[] }

function coverageRuns(text: string, font: FontMetrics): Run[] {
  const runs: Run[] = []
  for (const { segment } of segmenter.segment(text)) {
    const visible = [...segment].filter((char) => !INVISIBLE.test(char))
    if (visible.length === 0) continue
    const covered = visible.every((char) => font.covers(char.codePointAt(0)!))
    const last = runs.at(-1)
    if (covered) {
      if (last && last.missing.length === 0) last.text += visible.join('')
      else runs.push({ text: visible.join(''), missing: [] })
    } else if (last && last.missing.length > 0) last.missing.push(segment)
    else runs.push({ text: '', missing: [segment] })
  }
  return runs
}

/** Neighbouring uncovered words read as one placeholder: a Chinese or Arabic sentence is one remark, not twenty. */
function mergeUncovered(words: Token[][]): Token[][] {
  const out: Token[][] = []
  for (const word of words) {
    const before = out.at(-1)
    const only = word.length === 1 ? word[0]! : undefined
    const last = before?.length === 1 ? before[0]! : undefined
    if (only?.kind === 'uncovered' && last?.kind === 'uncovered' && nameOf(only) === nameOf(last)) {
      out[out.length - 1] = [{ kind: 'uncovered', text: marked(nameOf(only), countOf(last) + countOf(only)) }]
    } else out.push(word)
  }
  return out
}

const marked = (name: string, count: number): string => (count === 1 ? `[${name}]` : `[${name} ×${count}]`)
const nameOf = (token: Token): string => token.text.slice(1, -1).split(' ×')[0]!
const countOf = (token: Token): number => Number(token.text.slice(1, -1).split(' ×')[1] ?? 1)

const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ['emoji', /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u],
  ['Kana', /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ['Han', /\p{Script=Han}/u],
  ['Hangul', /\p{Script=Hangul}/u],
  ['Arabic', /\p{Script=Arabic}/u],
  ['Hebrew', /\p{Script=Hebrew}/u],
  ['Devanagari', /\p{Script=Devanagari}/u],
  ['Bengali', /\p{Script=Bengali}/u],
  ['Tamil', /\p{Script=Tamil}/u],
  ['Thai', /\p{Script=Thai}/u],
  ['Georgian', /\p{Script=Georgian}/u],
  ['Armenian', /\p{Script=Armenian}/u],
  ['Ethiopic', /\p{Script=Ethiopic}/u],
]

function placeholder(missing: readonly string[]): string {
  const text = missing.join('')
  // Kana before Han: Japanese mixes both.
  const name = SCRIPTS.find(([, pattern]) => pattern.test(text))?.[0] ?? 'glyph'
  return marked(name, missing.length)
}

/** Cutting a line of dialogue into what fits on a screen. Pure. */

/** Letters a line; a wide one (Chinese, Japanese, Korean, most pictures) counts twice. */
export const LINE_WIDTH = 42
const MOST_LINES = 2
/** How full a caption has to be for a sentence, or a phrase, to end it. */
const SENTENCE_SHARE = 0.35
const PHRASE_SHARE = 0.5

/** Something that is never broken, and what stands between it and the one before. */
type Unit = { text: string; space: '' | ' ' }

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]/u
const NARROWLESS = /[\p{Mn}\p{Me}\p{Cf}]/u
const SENTENCE_END = /[.!?…。！？؟۔।]["'”’»)\]]*$/u
const PHRASE_END = /[,;:–—，、；：،؛]["'”’»)\]]*$/u

const words = new Intl.Segmenter('und', { granularity: 'word' })
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' })

/** Room a text takes. */
export function widthOf(text: string): number {
  let width = 0
  for (const letter of text) width += WIDE.test(letter) ? 2 : NARROWLESS.test(letter) ? 0 : 1
  return width
}

/** A text without control characters and line breaks. */
export const captionText = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/[\s\u2028\u2029]+/g, ' ')
    .replace(/[\p{Cc}\p{Cs}\p{Co}\p{Cn}\ufeff]|[\u202a-\u202e\u2066-\u2069]/gu, '')
    .replace(/ {2,}/g, ' ')
    .trim()

function unitsOf(text: string): Unit[] {
  return text.split(' ').flatMap((word): Unit[] => {
    const parts = WIDE.test(word) || widthOf(word) > LINE_WIDTH ? partsOf(word) : [word]
    return parts.map((part, index) => ({ text: part, space: index === 0 ? ' ' : '' }))
  })
}

/** Parts of a text that is written without spaces, punctuation kept with what it follows. */
function partsOf(word: string): string[] {
  const parts: string[] = []
  for (const { segment, isWordLike } of words.segment(word)) {
    if (!isWordLike && parts.length > 0 && widthOf(parts.at(-1)! + segment) <= LINE_WIDTH)
      parts[parts.length - 1] += segment
    else if (widthOf(segment) <= LINE_WIDTH) parts.push(segment)
    else parts.push(...piecesOf(segment))
  }
  return parts
}

/** A word that is longer than a line, in pieces that are not. */
function piecesOf(word: string): string[] {
  const pieces = ['']
  for (const { segment } of graphemes.segment(word)) {
    if (pieces.at(-1) !== '' && widthOf(pieces.at(-1)! + segment) > LINE_WIDTH) pieces.push('')
    pieces[pieces.length - 1] += segment
  }
  return pieces
}

const join = (units: readonly Unit[]): string =>
  units.map(({ text, space }, index) => (index === 0 ? text : space + text)).join('')

/** The units on at most two lines of about the same length; null when they do not fit. */
function layOut(units: readonly Unit[]): string[] | null {
  const whole = join(units)
  if (widthOf(whole) <= LINE_WIDTH) return [whole]
  if (widthOf(whole) > MOST_LINES * LINE_WIDTH + 1) return null
  let best: string[] | null = null
  let bestWidth = LINE_WIDTH + 1
  for (let at = 1; at < units.length; at++) {
    const lines = [join(units.slice(0, at)), join(units.slice(at))]
    const widest = Math.max(...lines.map(widthOf))
    if (widest < bestWidth) [best, bestWidth] = [lines, widest]
  }
  return best
}

/** What is shown at one time: its lines, and the text as it was written. */
export type Caption = { lines: string[]; text: string }

/**
 * Cuts a text into captions of at most two lines, at the ends of sentences where that fills a caption well enough, else of
 * phrases, else of words.
 * @param label stands before the first line
 */
export function wrapCaptions(text: string, label = ''): Caption[] {
  const captions: Caption[] = []
  let rest = unitsOf(text)
  while (rest.length > 0) {
    const head: Unit[] = captions.length === 0 && label !== '' ? [{ text: label, space: ' ' }] : []
    const count = captionLength(head, rest)
    const units = rest.slice(0, count)
    captions.push({ lines: layOut([...head, ...units])!, text: join(units) })
    rest = rest.slice(count)
  }
  return captions
}

/** How many units the next caption takes. */
function captionLength(head: readonly Unit[], rest: readonly Unit[]): number {
  let most = 1
  while (most < rest.length && layOut([...head, ...rest.slice(0, most + 1)])) most += 1
  if (most === rest.length) return most
  const fullWidth = widthOf(join(rest.slice(0, most)))
  const lastEnd = (pattern: RegExp, share: number): number => {
    for (let count = most; count > 0; count--) {
      const text = join(rest.slice(0, count))
      if (widthOf(text) < share * fullWidth) return 0
      if (pattern.test(text)) return count
    }
    return 0
  }
  return lastEnd(SENTENCE_END, SENTENCE_SHARE) || lastEnd(PHRASE_END, PHRASE_SHARE) || most
}

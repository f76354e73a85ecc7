import type { FontMetrics } from './metrics.ts'
import type { Token } from './tokens.ts'

export type Line = readonly Token[]
export type Wrapped = { readonly lines: Line[]; readonly sizePx: number; readonly cut: boolean }

/**
 * Fills lines with words by measured width. A word wider than a line is broken; text that needs more than `maxLines`
 * ends with an ellipsis.
 */
export function wrap(
  words: readonly (readonly Token[])[],
  font: FontMetrics,
  sizePx: number,
  widthPx: number,
  maxLines: number,
): Wrapped {
  const measure = (tokens: readonly Token[]): number =>
    font.width(tokens.map((token) => token.text).join(''), sizePx)
  const queue = words.flatMap((word) =>
    measure(word) > widthPx ? breakWord(word, font, sizePx, widthPx) : [word],
  )
  const lines: Token[][] = []
  let line: Token[] = []
  for (const word of queue) {
    const longer = line.length === 0 ? [...word] : [...line, SPACE, ...word]
    if (line.length === 0 || measure(longer) <= widthPx) {
      line = longer
      continue
    }
    lines.push(line)
    line = [...word]
    if (lines.length === maxLines)
      return { lines: endWithEllipsis(lines, measure, widthPx), sizePx, cut: true }
  }
  if (line.length > 0) lines.push(line)
  return { lines, sizePx, cut: false }
}

/** The largest of `sizesPx` (largest first) at which the text fits whole; the smallest one, cut, if none does. */
export function fit(
  words: readonly (readonly Token[])[],
  font: FontMetrics,
  steps: readonly { sizePx: number; maxLines: number }[],
  widthPx: number,
): Wrapped {
  let last: Wrapped = { lines: [], sizePx: steps[0]?.sizePx ?? 0, cut: false }
  for (const { sizePx, maxLines } of steps) {
    last = wrap(words, font, sizePx, widthPx, maxLines)
    if (!last.cut) return balanced(words, font, last, widthPx)
  }
  return last
}

/** The same number of lines, of like length: no lone word is left on the last one. */
function balanced(
  words: readonly (readonly Token[])[],
  font: FontMetrics,
  whole: Wrapped,
  widthPx: number,
): Wrapped {
  let best = whole
  for (let share = 0.95; share >= 0.55 && whole.lines.length > 1; share -= 0.05) {
    const tried = wrap(words, font, whole.sizePx, widthPx * share, whole.lines.length)
    if (tried.cut) break
    best = tried
  }
  return best
}

const SPACE: Token = { text: ' ', kind: 'word' }
const ELLIPSIS = '…'

function endWithEllipsis(lines: Token[][], measure: (tokens: Token[]) => number, widthPx: number): Token[][] {
  const last = [...lines.at(-1)!]
  while (last.length > 0) {
    const end = last.at(-1)!
    const ended: Token = { text: `${end.text.replace(/[\s,;:.–—-]+$/u, '')}${ELLIPSIS}`, kind: end.kind }
    const tried = [...last.slice(0, -1), ended]
    if (ended.text !== ELLIPSIS && measure(tried) <= widthPx) return [...lines.slice(0, -1), tried]
    if (end.text.length <= 1 || end.kind !== 'word') last.pop()
    else last[last.length - 1] = { text: [...end.text].slice(0, -1).join(''), kind: end.kind }
  }
  return [...lines.slice(0, -1), [{ text: ELLIPSIS, kind: 'word' }]]
}

function breakWord(word: readonly Token[], font: FontMetrics, sizePx: number, widthPx: number): Token[][] {
  const pieces: Token[][] = [[]]
  let used = 0
  for (const token of word) {
    for (const char of token.text) {
      const width = font.width(char, sizePx)
      if (used + width > widthPx && used > 0) {
        pieces.push([])
        used = 0
      }
      const piece = pieces.at(-1)!
      const last = piece.at(-1)
      if (last && last.kind === token.kind)
        piece[piece.length - 1] = { text: last.text + char, kind: token.kind }
      else piece.push({ text: char, kind: token.kind })
      used += width
    }
  }
  return pieces
}

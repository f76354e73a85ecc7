/** From a path in a document back to line and column in the text it was parsed from. */
import type { Location, Path } from './problems.ts'

/** Offsets into the text, end exclusive. */
export type Range = readonly [start: number, end: number]

/** Where the value (or, for `key`, its name) at a path stands; null when the path is not in the text. */
export type FindRange = (path: Path, at: 'value' | 'key') => Range | null

export type SourceMap = {
  /** The place of a value or of its key; of the nearest parent when the path itself is not in the text. */
  locate(path: Path, at?: 'value' | 'key'): Location
  /** The place of some text inside a value; of the value when it is not found as written. */
  find(path: Path, needle: string): Location
}

/** Longer source lines are shown in part: a whole storyboard may stand on one line. */
const MAX_SOURCE_LINE = 400
const LEAD = 100

/** Line starts of a text, for turning offsets into places. Lines end with LF, CRLF or CR. */
export function locator(text: string): (range: Range) => Location {
  const starts = [0]
  for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length)
  return ([from, to]) => {
    const start = Math.min(Math.max(from, 0), text.length)
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= start) low = middle
      else high = middle - 1
    }
    const lineStart = starts[low]!
    const line = text.slice(lineStart, starts[low + 1] ?? text.length).replace(/[\r\n]+$/, '')
    const column = start - lineStart + 1
    const endColumn = Math.max(column, Math.min(to - lineStart, line.length) + 1)
    const place = { line: low + 1, column, endColumn }
    if (line.length <= MAX_SOURCE_LINE) return { ...place, source: line }
    const cutAt = Math.max(0, column - 1 - LEAD)
    return { ...place, source: line.slice(cutAt, cutAt + MAX_SOURCE_LINE), sourceColumn: column - cutAt }
  }
}

/** Puts a source map together from a format's own way of finding ranges. */
export function sourceMap(text: string, findRange: FindRange): SourceMap {
  const toLocation = locator(text)
  const nearest = (path: Path, at: 'value' | 'key'): Range => {
    const own = findRange(path, at)
    if (own !== null) return own
    for (let length = path.length - 1; length >= 0; length--) {
      const parent = path.slice(0, length)
      // A parent is shown by its name, where there is one: its value may be many lines long.
      const range = findRange(parent, 'key') ?? findRange(parent, 'value')
      if (range !== null) return range
    }
    return [0, 0]
  }
  return {
    locate: (path, at = 'value') => toLocation(nearest(path, at)),
    find(path, needle) {
      const [start, end] = nearest(path, 'value')
      const index = text.slice(start, end).indexOf(needle)
      return toLocation(index < 0 ? [start, end] : [start + index, start + index + needle.length])
    },
  }
}

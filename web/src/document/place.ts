/**
 * Where in a storyboard a place of its text is: in which object, at a name or at a value. Reads YAML and JSON as people are
 * typing them, so that it never asks for a whole or valid text; one pass over the text, no tree. Pure.
 */
import type { Path } from './text.ts'

export type Place = {
  /**
   * `key`: a field's name, in the object at `path`. `value`: the value at `path`. `open`: nothing decides yet whether the
   * value at `path` is an object or not. `item`: where the list at `path` may go on with another dash.
   */
  role: 'key' | 'value' | 'open' | 'item'
  path: Path
  /** What stands there, without its quotes: what a completion replaces. */
  from: number
  to: number
  quote: '' | '"' | "'"
  /** Names that the object at `path` has already, this one left out. */
  keys: readonly string[]
  isFlow: boolean
}

type Frame = {
  isList: boolean
  /** Column of names or dashes; -1 between brackets. */
  column: number
  key: string | null
  index: number
  /** The present field or element has a value, or begins one. */
  isFilled: boolean
  keys: string[]
}

const FLOW = -1
const isGap = (char: string | undefined): boolean =>
  char === undefined || char === ' ' || char === '\n' || char === '\r' || char === '\t'

const stepOf = (frame: Frame): string | number => (frame.isList ? frame.index : (frame.key ?? ''))

type Token = {
  role: Place['role']
  from: number
  to: number
  quote: Place['quote']
  frames: readonly Frame[]
}

/** Reads the text and tells of every token, in order. `onItem` is told where elements of lists begin. */
function scan(
  text: string,
  onToken: (token: Token) => void,
  onItem: (frames: readonly Frame[], at: number) => void = () => {},
  caret = -1,
): void {
  const frames: Frame[] = []
  const top = (): Frame | undefined => frames.at(-1)
  const push = (isList: boolean, column: number): Frame => {
    const above = top()
    if (above) above.isFilled = true
    const frame = { isList, column, key: null, index: isList ? 0 : -1, isFilled: false, keys: [] }
    frames.push(frame)
    return frame
  }
  const token = (role: Place['role'], from: number, to: number, quote: Place['quote'] = ''): void =>
    onToken({ role, from, to, quote, frames })
  const endOfLine = (at: number): number => {
    const end = text.indexOf('\n', at)
    return end === -1 ? text.length : end
  }
  const skip = (at: number, end: number): number => {
    let next = at
    while (next < end && (text[next] === ' ' || text[next] === '\t' || text[next] === '\r')) next += 1
    return next
  }
  /** One past the closing quote; the end of the line when there is none. */
  const endOfQuoted = (at: number): number => {
    const quote = text[at]
    for (let next = at + 1; next < text.length; next += 1) {
      if (text[next] === '\\' && quote === '"') next += 1
      else if (text[next] === quote) {
        if (quote === "'" && text[next + 1] === "'") next += 1
        else return next + 1
      }
    }
    return endOfLine(at)
  }
  const insideOf = (at: number, end: number): readonly [number, number, Place['quote']] => {
    const quote = text[at] as '"' | "'"
    return [at + 1, end > at + 1 && text[end - 1] === quote ? end - 1 : end, quote]
  }
  const addKey = (frame: Frame, name: string): void => {
    frame.key = name
    frame.isFilled = false
    frame.keys.push(name)
  }

  /** Reads what stands between brackets, from the first of them; returns the place after the last. */
  function flow(start: number): number {
    const depth = frames.length
    let at = start
    let name: string | null = null
    /** Where what comes next may begin. */
    const gap = (from: number, to: number): void => {
      const frame = top()!
      if (frame.isList) token('open', from, to)
      else if (frame.key === null && name === null) token('key', from, to)
      else if (frame.key !== null && !frame.isFilled) token('value', from, to)
    }
    while (at < text.length) {
      const char = text[at]!
      if (isGap(char) || (char === '#' && isGap(text[at - 1]))) {
        let next = at
        while (next < text.length && isGap(text[next])) next += 1
        gap(at, next)
        at = text[next] === '#' ? endOfLine(next) : next
        continue
      }
      const frame = top()!
      if (char === '{' || char === '[') {
        push(char === '[', FLOW)
        at += 1
        name = null
        if (char === '[') onItem(frames, at)
        gap(at, at)
      } else if (char === '}' || char === ']') {
        frames.pop()
        at += 1
        name = null
        if (frames.length <= depth) return at
      } else if (char === ',') {
        if (frame.isList) {
          frame.index += 1
          onItem(frames, at + 1)
        }
        frame.key = null
        frame.isFilled = false
        name = null
        at += 1
        gap(at, at)
      } else if (char === ':' && !frame.isList && name !== null) {
        frame.key = name
        frame.isFilled = false
        name = null
        at += 1
        gap(at, at)
      } else {
        const isQuoted = char === '"' || char === "'"
        let end = isQuoted ? endOfQuoted(at) : at
        if (!isQuoted) {
          while (end < text.length && !/[,[\]{}\n]/.test(text[end]!)) {
            if (text[end] === ':' && (isGap(text[end + 1]) || /[,[\]{}]/.test(text[end + 1]!))) break
            if (text[end] === '#' && isGap(text[end - 1])) break
            end += 1
          }
          while (end > at + 1 && isGap(text[end - 1])) end -= 1
          end = Math.max(end, at + 1)
        }
        const inside = isQuoted ? insideOf(at, end) : ([at, end, ''] as const)
        if (!frame.isList && frame.key === null) {
          name = text.slice(inside[0], inside[1])
          frame.keys.push(name)
          token('key', ...inside)
        } else {
          token(frame.isList ? 'open' : 'value', ...inside)
          frame.isFilled = true
        }
        at = end
      }
    }
    return at
  }

  /** Name of the field that begins at `at`, if one does: its end, and the place of its colon. */
  const keyAt = (at: number, end: number): { end: number; colon: number } | null => {
    const char = text[at]
    if (char === '"' || char === "'") {
      const close = endOfQuoted(at)
      const colon = skip(close, end)
      return close <= end && text[colon] === ':' && isGap(text[colon + 1]) ? { end: close, colon } : null
    }
    if (char === undefined || /[{}[\],&*!|>%@`#]/.test(char)) return null
    for (let next = at; next < end; next += 1) {
      if (text[next] === '#' && isGap(text[next - 1])) return null
      if (text[next] === ':' && isGap(text[next + 1])) return { end: next, colon: next }
    }
    return null
  }

  /** Reads a value that begins at `at`; returns where reading goes on. */
  function value(at: number, end: number, role: Place['role']): number {
    let start = at
    // Anchors and tags stand before the value.
    while (/[&!]/.test(text[start] ?? '')) {
      while (start < end && !isGap(text[start])) start += 1
      start = skip(start, end)
    }
    const char = text[start]
    if (start >= end || char === '#') return end
    const frame = top()
    if (char === '{' || char === '[') return flow(start)
    if (frame) frame.isFilled = true
    if (char === '"' || char === "'") {
      const close = endOfQuoted(start)
      token(role, ...insideOf(start, close))
      return close
    }
    if (/^[|>][-+\d]*[ \t]*(#.*)?$/.test(text.slice(start, end).trimEnd())) {
      const column = frame?.column ?? -1
      let next = end + 1
      while (next < text.length) {
        const stop = endOfLine(next)
        const first = skip(next, stop)
        if (first < stop && first - next <= column) break
        next = stop + 1
      }
      token('value', Math.min(end + 1, text.length), Math.min(Math.max(end, next - 1), text.length))
      return Math.min(Math.max(end, next - 1), text.length)
    }
    let last = start
    while (last < end && !(text[last] === '#' && isGap(text[last - 1]))) last += 1
    while (last > start && isGap(text[last - 1])) last -= 1
    token(role, start, last)
    return end
  }

  /** A line without content: the column of the caret says what may begin here. */
  function blank(start: number): void {
    const column = caret - start
    const left = frames.filter((frame) => frame.column <= column)
    const frame = left.at(-1)
    const tell = (role: Place['role']): void =>
      onToken({ role, from: caret, to: caret, quote: '', frames: left })
    if (!frame) onToken({ role: 'key', from: caret, to: caret, quote: '', frames: [rootFrame(frames)] })
    else if (frame.column === column) tell(frame.isList ? 'item' : 'key')
    else if (!frame.isFilled) tell('open')
  }

  let at = 0
  while (at <= text.length) {
    const end = endOfLine(at)
    let first = skip(at, end)
    if (first === end) {
      if (caret >= at && caret <= end) blank(at)
      at = end + 1
      continue
    }
    if (text[first] === '#' || /^(---|\.\.\.|%)/.test(text.slice(at, at + 3))) {
      at = end + 1
      continue
    }
    let column = first - at
    const isDash = (place: number): boolean => text[place] === '-' && isGap(text[place + 1])
    for (let frame = top(); frame; frame = top()) {
      const isLeft = frame.column > column || (frame.column === column && frame.isList && !isDash(first))
      if (!isLeft) break
      frames.pop()
    }
    let dashEnd = -1
    while (isDash(first)) {
      const frame = top()
      if (frame?.isList && frame.column === column) {
        frame.index += 1
        frame.isFilled = false
      } else push(true, column)
      onItem(frames, first)
      dashEnd = first + 1
      first = skip(first + 1, end)
      column = first - at
    }
    if (first >= end) {
      token('open', Math.min(dashEnd + 1, end), end)
      at = end + 1
      continue
    }
    const key = keyAt(first, end)
    const frame = top()
    if (key) {
      const held = frame && !frame.isList && frame.column === column ? frame : push(false, column)
      const isQuoted = text[first] === '"' || text[first] === "'"
      const inside = isQuoted ? insideOf(first, key.end) : ([first, key.end, ''] as const)
      addKey(held, text.slice(inside[0], inside[1]))
      token('key', ...inside)
      const begin = skip(key.colon + 1, end)
      if (begin >= end) token('value', key.colon + 1, end)
      else at = value(begin, end, 'value')
    } else if (text[first] === '{' || text[first] === '[') at = flow(first)
    else if (!frame || (!frame.isList && frame.column === column)) {
      // Half a name.
      let last = end
      while (last > first && isGap(text[last - 1])) last -= 1
      if (!frame) push(false, column)
      token('key', first, last)
    } else at = value(first, end, frame.isFilled ? 'value' : 'open')
    at = endOfLine(Math.max(at, first)) + 1
  }
}

const rootFrame = (frames: readonly Frame[]): Frame =>
  frames[0] ?? { isList: false, column: 0, key: null, index: -1, isFilled: false, keys: [] }

/** Where `offset` is in the document that `text` writes; null between things, and in comments. */
export function placeAt(text: string, offset: number): Place | null {
  let found: { place: Omit<Place, 'keys'>; frame: Frame | undefined; own: string } | null = null
  scan(
    text,
    ({ role, from, to, quote, frames }) => {
      // Of two things that touch, the later one counts: what follows a gap or a bracket.
      if (offset < from || offset > to) return
      const frame = frames.at(-1)
      const isOfFrame = role === 'key' || role === 'item'
      const path = (isOfFrame ? frames.slice(0, -1) : frames).map(stepOf)
      const isGapOnly = text.slice(from, to).trim() === ''
      found = {
        place: {
          role,
          path,
          from: isGapOnly ? offset : from,
          to: isGapOnly ? offset : to,
          quote,
          isFlow: frame?.column === FLOW,
        },
        frame: role === 'key' ? frame : undefined,
        own: text.slice(from, to),
      }
    },
    undefined,
    offset,
  )
  if (!found) return null
  const { place, frame, own } = found as { place: Omit<Place, 'keys'>; frame: Frame | undefined; own: string }
  return { ...place, keys: (frame?.keys ?? []).filter((key) => key !== own) }
}

/** Where what each scene says begins, by its place in the list. */
export function sceneStarts(text: string): number[] {
  const starts: number[] = []
  scan(
    text,
    () => {},
    (frames, at) => {
      if (frames.length !== 2 || frames[0]!.key !== 'scenes') return
      let start = text[at] === '-' ? at + 1 : at
      while (start < text.length && isGap(text[start])) start += 1
      starts[frames[1]!.index] = start
    },
  )
  return starts
}

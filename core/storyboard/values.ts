/** Small questions about JSON values of unknown make. */

export type JsonObject = { [key: string]: unknown }

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An object's own field; undefined for anything else. */
export function field(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

/** The array, or an empty one for anything else. */
export const items = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** Own entries, or none for anything that is not an object. */
export const entries = (value: unknown): [string, unknown][] => (isObject(value) ? Object.entries(value) : [])

const MAX_SHOWN = 60

/** A text in quotes, shortened for a message. */
export function quoted(text: string): string {
  const points = [...text.slice(0, MAX_SHOWN * 2)]
  const shown = points.length > MAX_SHOWN ? `${points.slice(0, MAX_SHOWN).join('')}…` : text
  return JSON.stringify(shown)
}

/** What a value is, for people: `the text "five"`, `the number 5`, `a list`, `nothing (null)`. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing (null)'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  switch (typeof value) {
    case 'string':
      return `the text ${quoted(value)}`
    case 'number':
      return `the number ${value}`
    case 'boolean':
      return `${value}`
    default:
      return 'an object'
  }
}

/** Bytes of a text in UTF-8; half of a surrogate pair counts as the three of its replacement. Browsers have no Buffer. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) continue
    bytes += 1
    if (unit < 0x800) continue
    const isPair = unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00
    // A pair is two units and four bytes, anything else here one unit and three.
    if (isPair) at += 1
    bytes += 1
  }
  return bytes
}

/**
 * Bytes of the value as compact UTF-8 JSON. Walks without recursion, so depth cannot overflow the stack, and stops
 * soon after `stopAt`: a result above it is a lower bound.
 */
export function byteSize(root: unknown, stopAt = Number.POSITIVE_INFINITY): number {
  let bytes = 0
  const waiting: unknown[] = [root]
  while (waiting.length > 0 && bytes <= stopAt) {
    const value = waiting.pop()
    if (typeof value === 'string') bytes += utf8Length(JSON.stringify(value))
    else if (Array.isArray(value)) {
      bytes += 2 + Math.max(0, value.length - 1)
      // The commas alone may be too many: millions of items are not looked at for that.
      if (bytes > stopAt) break
      for (const item of value) waiting.push(item)
    } else if (isObject(value)) {
      let fields = 0
      for (const [key, item] of Object.entries(value)) {
        if (item === undefined) continue
        bytes += utf8Length(JSON.stringify(key)) + 1
        fields++
        waiting.push(item)
      }
      bytes += 2 + Math.max(0, fields - 1)
    } else bytes += Number.isFinite(value) || typeof value === 'boolean' ? String(value).length : 4
  }
  return bytes
}

/** Rules about the document as a whole: V1 size, and what no stored text may hold. */

import { unsafeNumber } from '../parse-json.ts'
import type { Path } from '../problems.ts'
import { describeBadText, FORBIDDEN_KEYS, MAX_DEPTH } from '../text-limits.ts'
import { byteSize, isObject } from '../values.ts'
import type { Findings } from './findings.ts'

export const MAX_DOCUMENT_BYTES = 102_400
/** Beyond this nothing else is looked at: every further rule would only cost time. */
const HOPELESS_BYTES = 2 * MAX_DOCUMENT_BYTES

/** V1. Returns false when the document is so large that the other rules are not worth running. */
export function checkSize(document: unknown, findings: Findings): boolean {
  const size = byteSize(document, HOPELESS_BYTES)
  if (size <= MAX_DOCUMENT_BYTES) return true
  const isHopeless = size > HOPELESS_BYTES
  findings.error({
    path: [],
    code: 'V1_too_large',
    message: `the storyboard is ${isHopeless ? 'more than ' : ''}${size} bytes as compact JSON; at most ${MAX_DOCUMENT_BYTES} are allowed.${isHopeless ? ' The other rules were not checked.' : ''}`,
    value: size,
    limit: MAX_DOCUMENT_BYTES,
  })
  return !isHopeless
}

type Place = { parent: Place; key: string | number } | null

function pathOf(place: Place): Path {
  const path: (string | number)[] = []
  for (let at = place; at !== null; at = at.parent) path.unshift(at.key)
  return path
}

/** Depth, names and texts that cannot be kept. Walks without recursion. */
export function checkKeepable(document: unknown, findings: Findings): void {
  const waiting: { value: unknown; place: Place; depth: number }[] = [
    { value: document, place: null, depth: 0 },
  ]
  while (waiting.length > 0 && !findings.isFull) {
    const { value, place, depth } = waiting.pop()!
    const refuse = (code: string, message: string) => findings.error({ path: pathOf(place), code, message })
    if (typeof value === 'string') {
      const bad = describeBadText(value)
      if (bad !== null) refuse('V2_bad_text', `the text ${bad}`)
    } else if (typeof value === 'number') {
      const message = unsafeNumber(value)
      if (message !== null) refuse('V2_unsafe_number', message)
    } else if (Array.isArray(value) || isObject(value)) {
      if (depth >= MAX_DEPTH) {
        refuse('V2_too_deep', `nesting is deeper than ${MAX_DEPTH} levels`)
        continue
      }
      const isList = Array.isArray(value)
      for (const [key, item] of Object.entries(value)) {
        const at: Place = { parent: place, key: isList ? Number(key) : key }
        waiting.push({ value: item, place: at, depth: depth + 1 })
        if (isList) continue
        const bad = describeBadText(key)
        const name = { path: pathOf(at), at: 'key' } as const
        if (FORBIDDEN_KEYS.has(key)) {
          findings.error({ ...name, code: 'V2_forbidden_key', message: `"${key}" may not be used as a name` })
        }
        if (bad !== null) findings.error({ ...name, code: 'V2_bad_text', message: `a field name ${bad}` })
      }
    }
  }
}

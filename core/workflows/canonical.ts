/** Canonical JSON and the digest of a graph: equal graphs have equal digests, whatever their key order. Pure. */
import { createHash } from 'node:crypto'
import type { Graph } from './types.ts'

/** Sorted keys, no spaces, `-0` as `0`, strings in NFC, undefined members left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key.normalize('NFC'), member] as const)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
    return `{${members.join(',')}}`
  }
  if (typeof value === 'string') return JSON.stringify(value.normalize('NFC'))
  if (typeof value === 'number') return JSON.stringify(value === 0 ? 0 : value)
  return JSON.stringify(value ?? null)
}

/** sha256 (hex) over the canonical graph with `_meta` (titles) removed. */
export function graphDigest(graph: Graph): string {
  const bare = Object.fromEntries(
    Object.entries(graph).map(([id, { class_type, inputs }]) => [id, { class_type, inputs }]),
  )
  return createHash('sha256').update(canonicalJson(bare)).digest('hex')
}

/** Byte ranges of a request (RFC 9110, section 14). Pure. */

/** First and last byte, both inclusive. */
export type ByteRange = { start: number; end: number }

export type RangeDecision =
  /** No range was asked for, or not one of bytes: the whole is sent. */
  { kind: 'whole' } | { kind: 'parts'; ranges: ByteRange[] } | { kind: 'unsatisfiable' }

const MAX_RANGES = 5

/** What a Range header asks of `sizeBytes` bytes. More than five ranges are refused: nobody who plays a film needs them. */
export function decideRange(header: string | undefined, sizeBytes: number): RangeDecision {
  const [, list] = /^bytes=(.+)$/i.exec(header?.trim() ?? '') ?? []
  if (list === undefined) return { kind: 'whole' }
  const specs = list.split(',').map((spec) => spec.trim())
  if (specs.length > MAX_RANGES) return { kind: 'unsatisfiable' }
  const ranges: ByteRange[] = []
  for (const spec of specs) {
    const [, first = '', last = ''] = /^(\d{0,15})-(\d{0,15})$/.exec(spec) ?? []
    // A malformed header is ignored as a whole.
    if (first === '' && last === '') return { kind: 'whole' }
    if (first !== '' && last !== '' && Number(last) < Number(first)) return { kind: 'whole' }
    const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
    const end = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1)
    if (start <= end && start < sizeBytes) ranges.push({ start, end })
  }
  return ranges.length > 0 ? { kind: 'parts', ranges } : { kind: 'unsatisfiable' }
}

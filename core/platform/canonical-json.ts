/** One text for one value: what content keys are hashed from. Pure. */
import { createHash } from 'node:crypto'

/** JSON with sorted keys, no spaces, texts in NFC, absent fields left out and `-0` as `0`. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.normalize('NFC'))
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => `${JSON.stringify(key.normalize('NFC'))}:${canonicalJson(field)}`)
    return `{${fields.join(',')}}`
  }
  return JSON.stringify(Object.is(value, -0) ? 0 : value)
}

/** Key of a stage's result: SHA-256, hex, over the stage's name and its inputs. */
export function contentKey(stage: string, inputs: object): string {
  return createHash('sha256')
    .update(`fc1\n${stage}\n${canonicalJson(inputs)}`)
    .digest('hex')
}

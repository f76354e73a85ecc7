import type { Json } from './types.ts'

/** The few habits of Python that show through the API: how values are converted, and how they print. */

export function pythonRepr(value: Json): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') {
    const quote = value.includes("'") && !value.includes('"') ? '"' : "'"
    return (
      quote + value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll(quote, `\\${quote}`) + quote
    )
  }
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`
  return `{${Object.entries(value)
    .map(([key, item]) => `${pythonRepr(key)}: ${pythonRepr(item)}`)
    .join(', ')}}`
}

/** Converts a literal to the declared type: `"64"` and `48.9` are taken for INT, as `int()` does. */
export function convert(type: string, value: Json): { value: Json } | { error: string } {
  if (type === 'INT') return toInt(value)
  if (type === 'FLOAT') return toFloat(value)
  if (type === 'STRING') return { value: typeof value === 'string' ? value : pythonRepr(value) }
  if (type === 'BOOLEAN') return { value: Boolean(value) }
  return { value }
}

function toInt(value: Json): { value: number } | { error: string } {
  if (typeof value === 'boolean') return { value: Number(value) }
  if (typeof value === 'number') return { value: Math.trunc(value) }
  if (typeof value === 'string') {
    const plain = value.trim().replaceAll('_', '')
    if (/^[+-]?\d+$/.test(plain)) return { value: Number(plain) }
    return { error: `invalid literal for int() with base 10: ${pythonRepr(value)}` }
  }
  return {
    error: `int() argument must be a string, a bytes-like object or a real number, not '${typeName(value)}'`,
  }
}

function toFloat(value: Json): { value: number } | { error: string } {
  if (typeof value === 'boolean') return { value: Number(value) }
  if (typeof value === 'number') return { value }
  if (typeof value === 'string') {
    const number = value.trim() === '' ? Number.NaN : Number(value)
    return Number.isFinite(number)
      ? { value: number }
      : { error: `could not convert string to float: ${pythonRepr(value)}` }
  }
  return { error: `float() argument must be a string or a real number, not '${typeName(value)}'` }
}

const typeName = (value: Json): string =>
  value === null ? 'NoneType' : Array.isArray(value) ? 'list' : 'dict'

import { readFileSync } from 'node:fs'
import { FONT_FILES, type FontWeight } from '../../../core/media/fonts.ts'

/** Widths and coverage of one font, read from its file: wrapping needs no drawing, and coverage is known, not guessed. */
export type FontMetrics = {
  /** Whether the font has a glyph of its own for this code point. */
  covers(codePoint: number): boolean
  /** Width of `text` in px at `sizePx`, without kerning (Inter's kerning only tightens, so text never overflows). */
  width(text: string, sizePx: number): number
}

const loaded = new Map<FontWeight, FontMetrics>()

/** Metrics of one weight of Inter; read once per process. */
export function metricsOf(weight: FontWeight): FontMetrics {
  let metrics = loaded.get(weight)
  if (!metrics) {
    metrics = parseFont(readFileSync(FONT_FILES[weight]))
    loaded.set(weight, metrics)
  }
  return metrics
}

/** @throws {Error} if the file is not a TrueType font with a Unicode character map. */
export function parseFont(file: Buffer): FontMetrics {
  const tables = tableOffsets(file)
  const unitsPerEm = file.readUInt16BE(need(tables, 'head') + 18)
  const longMetrics = file.readUInt16BE(need(tables, 'hhea') + 34)
  const hmtx = need(tables, 'hmtx')
  const glyphs = characterMap(file, need(tables, 'cmap'))
  const advance = (glyph: number): number => file.readUInt16BE(hmtx + 4 * Math.min(glyph, longMetrics - 1))
  return {
    covers: (codePoint) => (glyphs.get(codePoint) ?? 0) > 0,
    width: (text, sizePx) => {
      let units = 0
      for (const char of text) units += advance(glyphs.get(char.codePointAt(0)!) ?? 0)
      return (units * sizePx) / unitsPerEm
    },
  }
}

function tableOffsets(file: Buffer): Map<string, number> {
  const tables = new Map<string, number>()
  const count = file.readUInt16BE(4)
  for (let i = 0; i < count; i += 1) {
    const at = 12 + 16 * i
    tables.set(file.toString('latin1', at, at + 4), file.readUInt32BE(at + 8))
  }
  return tables
}

function need(tables: Map<string, number>, tag: string): number {
  const at = tables.get(tag)
  if (at === undefined) throw new Error(`the font has no ${tag} table`)
  return at
}

function characterMap(file: Buffer, cmap: number): Map<number, number> {
  const count = file.readUInt16BE(cmap + 2)
  const found = new Map<number, number>()
  for (let i = 0; i < count; i += 1) {
    const at = cmap + 4 + 8 * i
    const platform = file.readUInt16BE(at)
    const table = cmap + file.readUInt32BE(at + 4)
    if (platform !== 0 && platform !== 3) continue
    const format = file.readUInt16BE(table)
    if (format === 12) readFormat12(file, table, found)
    if (format === 4) readFormat4(file, table, found)
  }
  if (found.size === 0) throw new Error('the font has no Unicode character map')
  return found
}

function readFormat12(file: Buffer, table: number, into: Map<number, number>): void {
  const groups = file.readUInt32BE(table + 12)
  for (let i = 0; i < groups; i += 1) {
    const at = table + 16 + 12 * i
    const [first, last, glyph] = [file.readUInt32BE(at), file.readUInt32BE(at + 4), file.readUInt32BE(at + 8)]
    for (let code = first; code <= last; code += 1) into.set(code, glyph + code - first)
  }
}

function readFormat4(file: Buffer, table: number, into: Map<number, number>): void {
  const segments = file.readUInt16BE(table + 6) / 2
  const [ends, starts] = [table + 14, table + 16 + 2 * segments]
  const [deltas, ranges] = [starts + 2 * segments, starts + 4 * segments]
  for (let i = 0; i < segments; i += 1) {
    const [first, last] = [file.readUInt16BE(starts + 2 * i), file.readUInt16BE(ends + 2 * i)]
    const delta = file.readUInt16BE(deltas + 2 * i)
    const range = file.readUInt16BE(ranges + 2 * i)
    for (let code = first; code <= last && code !== 0xffff; code += 1) {
      const at = ranges + 2 * i + range + 2 * (code - first)
      const glyph = range === 0 ? code : file.readUInt16BE(at)
      if (glyph !== 0) into.set(code, (glyph + delta) & 0xffff)
    }
  }
}

/** Tables of plain text. Pure. */
import { harmless, padEnd, textWidth } from './text.ts'

/**
 * Rows under a heading, columns as wide as they need to be.
 * @param right columns (from 0) whose cells stand to the right
 */
export function tableLines(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string[] {
  const cells = [head, ...rows.map((row) => row.map(harmless))]
  const widths = head.map((_, column) => Math.max(...cells.map((row) => textWidth(row[column] ?? ''))))
  return cells.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return right.includes(column)
          ? ' '.repeat(Math.max(0, width - textWidth(cell))) + cell
          : padEnd(cell, width)
      })
      .join('  ')
      .trimEnd(),
  )
}

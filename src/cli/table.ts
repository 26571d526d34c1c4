/** Aligns rows of texts in columns. */
import { toPrintable } from '../http/printable'

/** Lines without spaces at their ends. */
export function formatColumns(rows: readonly (readonly string[])[]): readonly string[] {
  // What is escaped later would move its column.
  const cells = rows.map(row => row.map(cell => toPrintable(cell)))
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map(row => row[column]?.length ?? 0)))
  return cells.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** Tables as padded Markdown, which reads as well in a terminal. */

export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(...[head, ...rows].map(row => row[column]?.length ?? 0), title.length),
  )
  function line(cells: readonly string[], pad: string): string {
    const padded = widths.map((width, column) => {
      const cell = cells[column] ?? ''
      return column === 0 ? cell.padEnd(width, pad) : cell.padStart(width, pad)
    })
    return `| ${padded.join(' | ')} |`
  }
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(head, ' '), line(rule, ' '), ...rows.map(row => line(row, ' '))].join('\n')
}

/** As many digits as mean something; nothing for what was not measured. */
export function formatNumber(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return ''
  return value < 10 ? value.toFixed(1) : value.toFixed(0)
}

export function formatRatio(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '' : value.toFixed(2)
}

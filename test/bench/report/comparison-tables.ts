/** Tables of a comparison: what each costs, and ours as parts of what others cost. */
import type { Figures } from '../measure/comparison'
import { formatNumber, formatRatio, formatTable } from './table'

/** A row: a server, or another thing that was measured. */
export interface Row {
  readonly name: string
  readonly label: string
}

/** A column. */
export interface Column {
  readonly name: string
  readonly title: string
}

export function costTable(figures: Figures, columns: readonly Column[], rows: readonly Row[]): string {
  return formatTable(
    ['', ...columns.map(({ title }) => title)],
    rows.map(({ name, label }) => [
      label,
      ...columns.map(column => formatNumber(figures.read(column.name, name))),
    ]),
  )
}

/** What `name` costs, divided by what each of `others` costs. */
export function ratioTable(
  figures: Figures,
  columns: readonly Column[],
  name: string,
  others: readonly Row[],
): string {
  return formatTable(
    ['', ...columns.map(({ title }) => title)],
    others.map(other => [
      other.label,
      ...columns.map(column => formatRatio(figures.read(column.name, name, other.name))),
    ]),
  )
}

/** Both tables, with a sentence above each. */
export function compareTables(
  figures: Figures,
  columns: readonly Column[],
  rows: readonly Row[],
  ours: Row,
): string {
  const others = rows.filter(({ name }) => name !== ours.name)
  return [
    'Microseconds of processor time per request:',
    costTable(figures, columns, rows),
    `${ours.label}, divided by the others (less than 1 is less than theirs):`,
    ratioTable(figures, columns, ours.name, others),
  ].join('\n\n')
}

/** What each costs, and in brackets divided by what the first row costs. */
export function againstFirst(figures: Figures, columns: readonly Column[], rows: readonly Row[]): string {
  const [first, ...others] = rows
  if (first === undefined) return ''
  const cells = others.map(({ name, label }) => [
    label,
    ...columns.map(column => {
      const ratio = formatRatio(figures.read(column.name, name, first.name))
      return ratio === '' ? '' : `${formatNumber(figures.read(column.name, name))} (${ratio})`
    }),
  ])
  return [
    'Microseconds of processor time per request, and in brackets divided by those of the first row:',
    formatTable(
      ['', ...columns.map(({ title }) => title)],
      [
        [first.label, ...columns.map(column => formatNumber(figures.read(column.name, first.name)))],
        ...cells,
      ],
    ),
  ].join('\n\n')
}

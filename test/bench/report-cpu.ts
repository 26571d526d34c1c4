/** The processor's part of the results, as tables. */
import type { Contender } from './contenders'
import type { CpuResults } from './measure-cpu'
import { formatNumber, formatRatio, formatTable } from './table'
import { WORKS } from './works'

export function reportCpu(results: CpuResults, contenders: readonly Contender[]): string {
  const titles = WORKS.map(({ title }) => title)

  function ratios(ours: string): string {
    const rows = contenders
      .filter(({ role }) => role !== 'ours')
      .map(({ name, label }) => [
        label,
        ...WORKS.map(work => {
          const costs = results.get(work.name)
          return formatRatio(costs?.get(ours), costs?.get(name))
        }),
      ])
    return formatTable(['', ...titles], rows)
  }

  return [
    'Microseconds of processor per request:',
    formatTable(
      ['', ...titles],
      contenders.map(({ name, label }) => [
        label,
        ...WORKS.map(work => formatNumber(results.get(work.name)?.get(name))),
      ]),
    ),
    'Our handler on node:http, as a part of what others spend (less than 1 is less than they):',
    ratios('bare'),
    'Our router in Express, as a part of what others spend:',
    ratios('express'),
  ].join('\n\n')
}

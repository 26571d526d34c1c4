/** The table of how long seeks wait. */
import type { Contender } from '../contenders/contender'
import type { LatencyResults } from '../parts/latency'
import { formatRatio, formatTable } from './table'

export function reportLatency(
  results: LatencyResults,
  contenders: readonly Contender[],
  listeners: number,
): string {
  const nginx = results.get('nginx')
  const rows = contenders.flatMap(({ name, label }) => {
    const result = results.get(name)
    if (result === undefined) return []
    const { median, p99, busy, seeks } = result
    return [
      [
        label,
        median.toFixed(2),
        p99.toFixed(2),
        formatRatio(median / (nginx?.median ?? NaN)),
        formatRatio(p99 / (nginx?.p99 ?? NaN)),
        `${(busy * 100).toFixed(0)} %`,
        String(seeks),
      ],
    ]
  })
  return [
    `Milliseconds to the first byte of a new 64 KiB range on a new connection, while ${listeners} others listen at 320 kbit/s:`,
    formatTable(['', 'median', '99 %', 'median / nginx', '99 % / nginx', 'core busy', 'seeks'], rows),
  ].join('\n\n')
}

/** The table of the memory that listeners cost. */
import type { Contender } from '../contenders/contender'
import type { CrowdSize, MemoryResult } from '../parts/memory'
import { formatNumber, formatTable } from './table'

export function reportMemory(results: readonly MemoryResult[], contenders: readonly Contender[]): string {
  function find(name: string, crowd: CrowdSize): MemoryResult | undefined {
    return results.find(result => result.name === name && result.crowd === crowd)
  }
  const crowds = [...new Set(results.map(({ crowd }) => crowd))]
  const rows = contenders
    .filter(({ name }) => results.some(result => result.name === name))
    .map(({ name, label }) => {
      const measured = crowds.map(crowd => find(name, crowd))
      return [label, formatMiB(measured[0]?.baseBytes), ...measured.map(formatResult)]
    })
  const titles = crowds.map(
    ({ listeners, tracks }) => `${listeners}, ${tracks === 1 ? 'one track' : `${tracks} tracks`}`,
  )
  return [
    'Resident memory of the server with listeners who read nothing: KiB for each, and MiB in all, with the block budget.',
    formatTable(['', 'MiB before', ...titles], rows),
    ...reduced(results, contenders),
  ].join('\n\n')
}

function formatResult(result: MemoryResult | undefined): string {
  if (result === undefined) return ''
  const each = formatNumber((result.bytes - result.baseBytes) / 1024 / result.listeners)
  return `${each} KiB (${formatMiB(result.bytes)} MiB)`
}

function formatMiB(bytes: number | undefined): string {
  return bytes === undefined ? '' : (bytes / 2 ** 20).toFixed(0)
}

/** Where there were fewer listeners than the column says. */
function reduced(results: readonly MemoryResult[], contenders: readonly Contender[]): string[] {
  const reducedResults = results.filter(({ listeners, crowd }) => listeners < crowd.listeners)
  return contenders.flatMap(({ name, label }) => {
    const fewer = reducedResults.find(result => result.name === name)
    if (fewer === undefined) return []
    const { listeners, crowd } = fewer
    return [
      `${label}: ${listeners} listeners instead of ${crowd.listeners}: this machine has too few descriptors.`,
    ]
  })
}

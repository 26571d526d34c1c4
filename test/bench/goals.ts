/** What the project wants of itself, as ratios to others in the same run; said at the end of a run. */
import type { CpuResults } from './measure-cpu'
import type { LatencyResults } from './measure-latency'
import type { MemoryResult } from './measure-memory'
import { BUDGET_BYTES } from './library'
import { formatTable } from './table'

/** Work, ours, other, and how much of the other's cost ours may be at most. */
const CPU_GOALS: readonly (readonly [string, string, string, number])[] = [
  ['range-64k', 'bare', 'floor-bare', 1.5],
  ['range-64k', 'bare', 'go', 0.8],
  ['range-64k', 'bare', 'sirv', 0.35],
  ['range-64k', 'express', 'floor-express', 1.2],
  ['range-64k', 'express', 'send-file', 0.45],
  ['range-1m', 'bare', 'floor-bare', 1.25],
  ['range-1m', 'bare', 'go', 0.7],
  ['range-1m', 'bare', 'sirv', 0.22],
  ['range-1m', 'express', 'floor-express', 1.15],
  ['range-1m', 'express', 'send-file', 0.17],
  ['whole', 'bare', 'floor-bare', 1.25],
  ['whole', 'bare', 'sirv', 0.22],
  ['whole', 'express', 'floor-express', 1.1],
  ['whole', 'express', 'send-file', 0.16],
  ['probe', 'bare', 'floor-bare', 1.5],
  ['probe', 'express', 'floor-express', 1.15],
  ['cold', 'bare', 'sirv', 0.7],
  ['cold', 'express', 'send-file', 0.6],
  ['refused', 'bare', 'floor-bare', 1.5],
  ['refused', 'express', 'send-file', 0.85],
]

/** KiB for each stalled listener, by how many tracks they share. */
const MEMORY_GOALS: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  bare: { 1: 40, 2000: 100 },
  express: { 1: 64, 2000: 110 },
}

/** How many times nginx's a listener's wait may be. */
const LATENCY_GOAL = 2

type Row = readonly [what: string, measured: number, limit: number]

export function reportGoals(
  cpu: CpuResults | undefined,
  memory: readonly MemoryResult[] | undefined,
  latency: LatencyResults | undefined,
): string {
  const rows = [...cpuRows(cpu), ...memoryRows(memory), ...latencyRows(latency)].map(
    ([what, measured, limit]) => [
      what,
      measured.toFixed(2),
      String(limit),
      measured <= limit ? '' : 'missed',
    ],
  )
  return formatTable(['goal', 'measured', 'at most', ''], rows)
}

function cpuRows(results: CpuResults | undefined): Row[] {
  return CPU_GOALS.flatMap(([work, ours, other, limit]): Row[] => {
    const costs = results?.get(work)
    const [cost, otherCost] = [costs?.get(ours), costs?.get(other)]
    if (cost === undefined || otherCost === undefined) return []
    return [[`${work}: ${ours} / ${other}`, cost / otherCost, limit]]
  })
}

function memoryRows(results: readonly MemoryResult[] | undefined): Row[] {
  return (results ?? []).flatMap(({ name, crowd, listeners, baseBytes, bytes }): Row[] => {
    const limit = MEMORY_GOALS[name]?.[crowd.tracks]
    if (limit === undefined) return []
    const budget = crowd.tracks > 1 ? BUDGET_BYTES : 0
    const each = (bytes - baseBytes - budget) / 1024 / listeners
    return [[`KiB each of ${listeners} on ${crowd.tracks}: ${name}`, each, limit]]
  })
}

function latencyRows(results: LatencyResults | undefined): Row[] {
  const nginx = results?.get('nginx')
  if (nginx === undefined) return []
  return ['bare', 'express'].flatMap((name): Row[] => {
    const ours = results?.get(name)
    if (ours === undefined) return []
    return [
      [`seek, median: ${name} / nginx`, ours.median / nginx.median, LATENCY_GOAL],
      [`seek, 99 %: ${name} / nginx`, ours.p99 / nginx.p99, LATENCY_GOAL],
    ]
  })
}

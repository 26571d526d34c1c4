/** What the project wants of itself, as data. Each part reports which of them it reached. */
import type { Figures } from '../measure/comparison'
import { formatTable } from './table'

interface Goal {
  readonly part: string
  /** As the part names its works, and what it measures. */
  readonly work: string
  readonly ours: string
  /** What ours is divided by; if there is none, the figure itself counts. */
  readonly other?: string
  readonly limit: number
  /** @defaultValue `'at most'` */
  readonly bound?: 'at least'
  /** What it means, if the names do not say it. */
  readonly meaning?: string
}

export const GOALS: readonly Goal[] = [
  { part: 'cpu', work: 'probe', ours: 'bare', other: 'floor', limit: 1.25 },
  { part: 'cpu', work: 'range-64k', ours: 'bare', other: 'floor', limit: 1.2 },
  { part: 'cpu', work: 'range-64k', ours: 'bare', other: 'go', limit: 1 },
  { part: 'cpu', work: 'range-1m', ours: 'bare', other: 'floor', limit: 1.05 },
  { part: 'cpu', work: 'range-1m', ours: 'bare', other: 'nginx', limit: 1.1 },
  { part: 'cpu', work: 'whole', ours: 'bare', other: 'floor', limit: 1.05 },
  { part: 'cpu', work: 'whole', ours: 'bare', other: 'nginx', limit: 1.1 },
  { part: 'cpu', work: 'probe', ours: 'express', other: 'floor-express', limit: 1.03 },
  { part: 'cpu', work: 'range-64k', ours: 'express', other: 'floor-express', limit: 1.03 },
  { part: 'versions', work: 'probe', ours: 'node-24', other: 'node-20', limit: 1.05 },
  { part: 'versions', work: 'range-64k', ours: 'node-24', other: 'node-20', limit: 1.05 },
  { part: 'versions', work: 'range-1m', ours: 'node-24', other: 'node-20', limit: 1.05 },
  { part: 'ranges', work: 'ranges', ours: '16', other: '1', limit: 3 },
  { part: 'tls', work: 'range-1m', ours: 'bare', other: 'nginx', limit: 0.8 },
  { part: 'tls', work: 'range-1m', ours: 'bare', other: 'go', limit: 0.8 },
  { part: 'tls', work: 'whole', ours: 'bare', other: 'nginx', limit: 0.8 },
  { part: 'tls', work: 'whole', ours: 'bare', other: 'go', limit: 0.8 },
  { part: 'h2', work: 'whole', ours: 'bare', other: 'nginx', limit: 0.7 },
  { part: 'h2', work: 'whole', ours: 'bare', other: 'go', limit: 0.5 },
  { part: 'h2', work: 'range-64k', ours: 'bare', other: 'go', limit: 1 },
  {
    part: 'storage',
    work: 'startMedian, 100',
    ours: 'demo',
    limit: 140,
    meaning: 'ms, 7 round trips of 20 ms',
  },
  {
    part: 'storage',
    work: 'seekMedian, 100',
    ours: 'demo',
    limit: 100,
    meaning: 'ms, 5 round trips of 20 ms',
  },
  { part: 'storage', work: 'poolMedian, 100', ours: 'demo', limit: 5, meaning: 'ms' },
  { part: 'storage', work: 'stalled, 500', ours: 'demo', limit: 0, meaning: '% of the play time' },
  { part: 'storage', work: 'notReady, 500', ours: 'demo', limit: 0, meaning: 'of 30' },
  {
    part: 'storage',
    work: 'hotRatio, 1',
    ours: 'bare',
    limit: 1.5,
    meaning: 'hot ranges to no storage, 95 %',
  },
  {
    part: 'storage',
    work: 'hotRatio, 10',
    ours: 'bare',
    limit: 1.5,
    meaning: 'hot ranges to no storage, 95 %',
  },
  {
    part: 'storage',
    work: 'hotRatio, 100',
    ours: 'bare',
    limit: 1.5,
    meaning: 'hot ranges to no storage, 95 %',
  },
  {
    part: 'storage',
    work: 'hotRatio, 500',
    ours: 'bare',
    limit: 1.5,
    meaning: 'hot ranges to no storage, 95 %',
  },
  {
    part: 'storage',
    work: 'hotRatio, 1',
    ours: 'demo',
    limit: 1.5,
    meaning: 'hot ranges to no storage, 95 %',
  },
  {
    part: 'storage',
    work: 'hotRatio, 10',
    ours: 'demo',
    limit: 1.5,
    meaning: 'hot ranges to no storage, 95 %',
  },
  {
    part: 'storage',
    work: 'hotRatio, 100',
    ours: 'demo',
    limit: 1.5,
    meaning: 'hot ranges to no storage, 95 %',
  },
  {
    part: 'storage',
    work: 'hotRatio, 500',
    ours: 'demo',
    limit: 1.5,
    meaning: 'hot ranges to no storage, 95 %',
  },
  { part: 'demo', work: 'probe', ours: 'demo-info', other: 'bare', limit: 1.8 },
  { part: 'demo', work: 'probe', ours: 'demo-warn', other: 'bare', limit: 1.35 },
  { part: 'links', work: 'links', ours: 'many', other: 'one', limit: 1.3 },
  { part: 'links', work: 'links', ours: 'terms', other: 'plain', limit: 1.03 },
  { part: 'links', work: 'links', ours: 'revocations', other: 'plain', limit: 1.05 },
  { part: 'links', work: 'links', ours: 'session', other: 'terms', limit: 1.15 },
  { part: 'offload', work: 'probe', ours: 'njs', other: 'nginx', limit: 2 },
  { part: 'offload', work: 'range-64k', ours: 'njs', other: 'nginx', limit: 1.5 },
  { part: 'offload', work: 'whole', ours: 'x-accel', other: 'nginx', limit: 1.25 },
  { part: 'workers', work: 'throughput', ours: '2', other: '1', limit: 1.8, bound: 'at least' },
  { part: 'memory', work: '1 track', ours: 'bare', limit: 40, meaning: 'KiB for each listener' },
  { part: 'memory', work: '1 track', ours: 'express', limit: 64, meaning: 'KiB for each listener' },
  {
    part: 'memory',
    work: '2000 tracks',
    ours: 'bare',
    limit: 100,
    meaning: 'KiB for each listener, without the block budget',
  },
  {
    part: 'memory',
    work: '2000 tracks',
    ours: 'express',
    limit: 110,
    meaning: 'KiB for each listener, without the block budget',
  },
  { part: 'latency', work: 'median', ours: 'bare', other: 'nginx', limit: 2 },
  { part: 'latency', work: 'median', ours: 'express', other: 'nginx', limit: 2 },
  { part: 'latency', work: '99 %', ours: 'bare', other: 'nginx', limit: 2 },
  { part: 'latency', work: '99 %', ours: 'express', other: 'nginx', limit: 2 },
]

/** The goals of one part as a table; empty if it has none. */
export function reportGoals(part: string, figures: Figures): string {
  const rows = GOALS.filter(goal => goal.part === part).map(goal => {
    const { work, ours, other, limit, bound = 'at most', meaning } = goal
    const measured = figures.read(work, ours, other)
    const isReached = bound === 'at most' ? Number(measured) <= limit : Number(measured) >= limit
    const verdict = isReached ? 'reached' : 'not reached'
    return [
      `${work}: ${ours}${other === undefined ? '' : ` / ${other}`}${meaning === undefined ? '' : `, ${meaning}`}`,
      measured?.toFixed(2) ?? '',
      `${bound} ${limit}`,
      measured === undefined ? 'not measured' : verdict,
    ]
  })
  return rows.length === 0 ? '' : formatTable(['goal', 'measured', 'wanted', ''], rows)
}

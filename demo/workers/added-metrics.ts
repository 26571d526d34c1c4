/**
 * The metrics of all workers as those of one server. prom-client adds them up; what it does not know is that a worker may
 * end: its counts are kept, because Prometheus takes a sum that falls for a restart, and counts all of it once more.
 */
import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import { prepareDefaultMetrics } from '../front/process-metrics'
import { oneAtATime } from '../work/one-at-a-time'

/** The metrics of one process, as `getMetricsAsJSON` has them. */
export type Snapshot = readonly object[]

export interface AddedMetrics {
  /** The text for Prometheus, and its type. */
  read(): Promise<{ readonly text: string; readonly contentType: string }>
  /** Keeps the counts of a worker that has ended, as far as they are known. Nothing may be taken of it later. */
  retire(worker: number): void
  /** Takes the current metrics of a worker. */
  take(worker: number, snapshot: Snapshot): void
  /** Counts a worker that was replaced. */
  onReplaced(): void
  close(): void
}

export interface AddedMetricsOptions {
  /** Requests the metrics of all workers, and takes those of each when it responds: it may have ended when the last one does. */
  readonly collect: () => Promise<unknown>
  /** How many workers serve. */
  readonly countWorkers: () => number
}

/** What only rises, and so is kept after the end of its worker. */
const LASTING = new Set(['counter', 'histogram', 'summary'])

export function addMetrics({ collect, countWorkers }: AddedMetricsOptions): AddedMetrics {
  // Of this process: it accepts the connections of all workers, and its memory is part of the whole.
  const own = new Registry()
  collectDefaultMetrics({ register: own })
  prepareDefaultMetrics(own)
  new Gauge({
    name: 'signed_stream_workers',
    help: 'Worker processes that serve.',
    registers: [own],
    collect() {
      this.set(countWorkers())
    },
  })
  const replaced = new Counter({
    name: 'signed_stream_workers_replaced_total',
    help: 'Workers that ended unexpectedly, and were replaced.',
    registers: [own],
  })

  /** The last known metrics of each worker: one that does not respond in time must not lower a sum. */
  const last = new Map<number, Snapshot>()
  let retired: Snapshot = []

  // Those who ask during a run get its result, so that a thousand of them cost one.
  const collectOnce = oneAtATime(collect)

  return {
    async read() {
      await collectOnce()
      const sum = AggregatorRegistry.aggregate([
        await own.getMetricsAsJSON(),
        ...last.values(),
        retired,
      ] as object[])
      return { text: await sum.metrics(), contentType: sum.contentType }
    },
    take(worker, snapshot) {
      last.set(worker, snapshot)
    },
    retire(worker) {
      const snapshot = last.get(worker)
      last.delete(worker)
      if (snapshot === undefined) return
      const lasting = snapshot.filter(metric => LASTING.has(String((metric as { type?: unknown }).type)))
      // One entry for each metric, however many workers have ended.
      retired = AggregatorRegistry.aggregate([retired, lasting]).getMetricsAsArray()
    },
    onReplaced() {
      replaced.inc()
    },
    close() {
      own.clear()
    },
  }
}

/** What a worker has in common with the other processes of its server, and what the primary process wants of it. */
import { setImmediate } from 'node:timers/promises'
import type { FindProblem } from '../front/health'
import type { ShareRefusals } from '../front/limits'
import type { DemoMetrics, ReadMetrics } from '../front/metrics'
import type { Address, Announcement } from '../process/announce'
import type { DemoConfig } from '../settings/config'
import { oneAtATime } from '../work/one-at-a-time'
import type { Peers } from './peers'

/** Milliseconds: longer than the primary process waits for all workers. */
const PATIENCE = 5000

/** Milliseconds to read what was revoked. */
const READY_PATIENCE = 1000

/** What only the primary process knows of the start. */
export interface AnnouncedByPrimary {
  readonly metrics: Address | undefined
  readonly isSecretRandom: boolean
}

export interface WorkerParts {
  /** Of this worker alone. */
  readonly findProblem: FindProblem
  readonly metrics: Pick<DemoMetrics, 'snapshot'> | undefined
  readonly describe: (known: AnnouncedByPrimary) => Promise<Announcement>
}

export function answerPrimary(peers: Peers, { findProblem, metrics, describe }: WorkerParts): void {
  peers.on('problem', findProblem)
  // A message of its own, not a response: metrics that come too late for one read are good for the next.
  peers.on('metrics', async () => {
    if (metrics !== undefined) peers.tell('own metrics', await metrics.snapshot())
  })
  peers.on('describe', describe)
}

/** Sends the metrics at the end, and none after them: those of a server that has stopped are empty, and lower the sums. */
export async function sendLastMetrics(peers: Peers, metrics: Pick<DemoMetrics, 'snapshot'>): Promise<void> {
  peers.on('metrics', () => undefined)
  peers.tell('own metrics', await metrics.snapshot())
}

/** The bytes of memory that this worker may use for content. */
export function ownShare({ CACHE_MAX_BYTES, WORKERS }: DemoConfig, peers: Peers | undefined): number {
  return peers === undefined ? CACHE_MAX_BYTES : Math.floor(CACHE_MAX_BYTES / WORKERS)
}

/** Finds out why the server, with all its workers, should get no listeners. */
export function askPrimaryForProblem(peers: Peers): FindProblem {
  return oneAtATime(async () => {
    try {
      return (await peers.ask('problem', undefined, PATIENCE)) as string | undefined
    } catch {
      return 'the primary process does not respond'
    }
  })
}

/** Reads the metrics of all workers. */
export function readFromPrimary(peers: Peers): ReadMetrics {
  return oneAtATime(() => peers.ask('all metrics', undefined, PATIENCE) as ReturnType<ReadMetrics>)
}

/** Counts refused signatures over all workers. */
export function shareWith(peers: Peers): ShareRefusals {
  return function shareRefusals(onRefusal) {
    peers.on('refusal', onRefusal)
    return client => {
      peers.tellOthers('refusal', client)
    }
  }
}

/** Resolves when `isReady` says so, or after a second, so that a server always starts. */
export async function waitFor(isReady: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + READY_PATIENCE
  while (!(await isReady()) && performance.now() < until) await setImmediate()
}

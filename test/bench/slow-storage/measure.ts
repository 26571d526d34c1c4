/** What listeners of a server wait for while its files lie on a storage that sleeps. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Contender } from '../contenders/contender'
import type { Library } from '../load/library'
import { inAnHour } from '../load/links'
import { RunningServer } from '../measure/running'
import { median, quantile } from '../measure/statistics'
import { play } from './audience'
import { askSteadily } from './requests'

/** Tracks for listeners, one for each; then those that seeks go to, and the hot one. */
const LISTENED = 500
const SOUGHT = 200
const HOT = LISTENED + SOUGHT

export const TRACKS = HOT + 1

/** Milliseconds: until the hot range is in memory, and until all listeners have come. */
const WARMING = 3500
const COMING = 1500

/** How often `/readyz` is requested. */
const READINESS_CHECKS = 30

/** Milliseconds, and what the names say. */
export interface StorageResult {
  readonly startMedian: number
  readonly startP95: number
  readonly seekMedian: number
  readonly seekP95: number
  readonly hotP95: number
  /** Of refusals, which touch no storage. */
  readonly untouchedP95: number
  /** Of a task of the thread pool that needs no storage; NaN if the server is not of Node. */
  readonly poolMedian: number
  /** Percent of the play time. */
  readonly stalled: number
  /** Listeners who never started. */
  readonly starved: number
  readonly megabytesPerSecond: number
  /** How many of {@link READINESS_CHECKS} were not 200; NaN if the server has no `/readyz`. */
  readonly notReady: number
}

export interface Circumstances {
  readonly listeners: number
  readonly seconds: number
  /** For files. */
  readonly directory: string
}

let probes = 0

export async function measureOnStorage(
  contender: Contender,
  library: Library,
  { listeners, seconds, directory }: Circumstances,
): Promise<StorageResult> {
  const probe = join(directory, `pool-${probes++}`)
  const running = await RunningServer.start(withProbe(contender, probe), library, directory)
  try {
    const { port } = running
    const expires = inAnHour()
    function link(track: number, isForged = false): string {
      return contender.makeLink(library.ids[track] ?? '', expires, isForged)
    }
    // Often enough to be kept in memory, one after the other.
    const warm = new AbortController()
    const hotRange = { pathOf: () => link(HOT), range: '0-65535' }
    const warming = askSteadily(port, { ...hotRange, interval: 500 }, warm.signal)
    await sleep(WARMING)
    warm.abort()
    await warming
    const poolBefore = readProbe(probe).length

    const end = new AbortController()
    const paths = Array.from({ length: listeners }, (_, track) => link(track))
    const playing = play(port, paths, end.signal)
    await sleep(COMING)
    const seekTo = { pathOf: (turn: number) => link(LISTENED + (turn % SOUGHT)), range: '2000000-2065535' }
    const readiness = { pathOf: () => '/readyz', interval: (seconds * 1000) / (READINESS_CHECKS + 1) }
    const measuring = Promise.all([
      askSteadily(port, { ...seekTo, interval: 100 }, end.signal),
      askSteadily(port, { ...hotRange, interval: 50 }, end.signal),
      askSteadily(port, { pathOf: () => link(HOT, true), interval: 50 }, end.signal),
      askSteadily(port, readiness, end.signal),
    ])
    await sleep(seconds * 1000)
    end.abort()
    const [played, [seeks, hots, untouched, ready]] = await Promise.all([playing, measuring])
    return {
      startMedian: median(played.starts),
      startP95: quantile(played.starts, 0.95),
      seekMedian: median(seeks.latencies),
      seekP95: quantile(seeks.latencies, 0.95),
      hotP95: quantile(hots.latencies, 0.95),
      untouchedP95: quantile(untouched.latencies, 0.95),
      poolMedian: median(readProbe(probe).slice(poolBefore)),
      stalled: played.stalled,
      starved: played.starved,
      megabytesPerSecond: played.bytes / 1e6 / (seconds + COMING / 1000),
      notReady: ready.pending + ready.statuses.filter(status => status !== 200).length,
    }
  } finally {
    await running.stop()
  }
}

/** Measures the thread pool of a server of Node. */
function withProbe(contender: Contender, file: string): Contender {
  const probe = { POOL_PROBE: file, NODE_OPTIONS: `--require ${join(__dirname, 'pool-probe.js')}` }
  return {
    ...contender,
    start: place =>
      contender.start({
        ...place,
        launch: launch => place.launch({ ...launch, environment: { ...launch.environment, ...probe } }),
      }),
  }
}

function readProbe(file: string): readonly number[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : []
}

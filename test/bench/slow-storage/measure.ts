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
import { askInTurn, askSteadily } from './requests'

/** Tracks for listeners, one for each; then those that seeks go to, and the hot one. */
const LISTENED = 500
const SOUGHT = 200
const HOT = LISTENED + SOUGHT

export const TRACKS = HOT + 1

/** Requests after which the hot range is in memory. */
const WARMING = 5

/** Milliseconds until all listeners have come. */
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
  /** Seeks and hot ranges that were refused. */
  readonly refused: number
  /** How many of {@link READINESS_CHECKS} were not 200; NaN if the server has no `/readyz`. */
  readonly notReady: number
}

export interface Circumstances {
  readonly listeners: number
  readonly seconds: number
  /** For files. */
  readonly directory: string
}

const HOT_RANGE = '0-65535'

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
    await askInTurn(port, link(HOT), HOT_RANGE, WARMING)
    const poolBefore = readProbe(probe).length

    const end = new AbortController()
    function seekTo(turn: number): string {
      return link(LISTENED + (turn % SOUGHT))
    }
    const paths = Array.from({ length: listeners }, (_, track) => link(track))
    const playing = play(port, paths, end.signal)
    await sleep(COMING)
    const seek = { pathOf: seekTo, range: '2000000-2065535', interval: 100, status: 206 }
    const hot = { pathOf: () => link(HOT), range: HOT_RANGE, interval: 25, status: 206 }
    const forged = { pathOf: () => link(HOT, true), interval: 25, status: 403 }
    const readiness = { pathOf: () => '/readyz', interval: (seconds * 1000) / READINESS_CHECKS, status: 200 }
    const measuring = Promise.all([
      askSteadily(port, seek, end.signal),
      askSteadily(port, hot, end.signal),
      askSteadily(port, forged, end.signal),
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
      refused: seeks.others + hots.others,
      notReady: Math.min(READINESS_CHECKS, ready.pending + ready.others),
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

/** Milliseconds of each task; infinite for one that has not ended. */
function readProbe(file: string): readonly number[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  const ended = lines.filter(line => line !== 'begun').map(Number)
  return [...ended, ...Array<number>(lines.length - 2 * ended.length).fill(Infinity)]
}

/** How long a listener who seeks waits for the first byte, while a crowd of others listens at its own pace. */
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Contender } from '../contenders/contender'
import { go } from '../contenders/go'
import { nginx } from '../contenders/nginx'
import { floor, nodePeers, ours, oursInExpress } from '../contenders/node'
import { Crowd } from '../load/crowd'
import { TRACK_BYTES, type Library } from '../load/library'
import { inAnHour } from '../load/links'
import { chance, makeRequest } from '../load/works'
import { withServers } from '../measure/runners'
import type { RunningServer } from '../measure/running'
import { quantile } from '../measure/statistics'
import { reportLatency } from '../report/latency-table'
import type { Part, PartBench } from './part'

const LISTENERS = 2000

/** 320 kbit/s. */
const BYTES_PER_SECOND = 40_000

const TRACKS = 100

/** Milliseconds: until the pace is steady, then of measuring, with a pause between two seeks. */
const SETTLING = 4000
const MEASURING = 5000
const PAUSE = 12

const SEEK_BYTES = 64 * 1024

export interface LatencyResult {
  readonly seeks: number
  /** Milliseconds. */
  readonly median: number
  readonly p99: number
  /** Of one core, by the server, 0 to 1. */
  readonly busy: number
}

/** By server. */
export type LatencyResults = ReadonlyMap<string, LatencyResult>

interface Sample {
  readonly waits: readonly number[]
  readonly busy: number
}

export const latencyPart: Part = {
  name: 'latency',
  needs: [],
  minutes: 3,
  run: async bench => {
    const peers = nodePeers().filter(({ name }) => name === 'send-file')
    const contenders = [ours(), oursInExpress(), floor(), ...peers, ...go(), ...nginx()]
    const results = await measureSeeks(bench, contenders)
    return {
      report: reportLatency(results, contenders, LISTENERS),
      figures: {
        read: (work, name, other = name) => {
          const [measured, compared] = [results.get(name), results.get(other)]
          if (measured === undefined || compared === undefined) return undefined
          return work === 'median' ? measured.median / compared.median : measured.p99 / compared.p99
        },
      },
    }
  },
}

async function measureSeeks(bench: PartBench, contenders: readonly Contender[]): Promise<LatencyResults> {
  const library = bench.workspace.addLibrary('slow', TRACKS)
  const samples = new Map(contenders.map(({ name }): [string, Sample[]] => [name, []]))
  for (let round = 0; round < bench.plan.rounds; round++) {
    bench.say(`round ${round + 1}: seeks among slow listeners`)
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      await withServers(bench, [contender], library, async ([runner]) => {
        if (runner !== undefined) samples.get(contender.name)?.push(await measureOnce(runner.server, library))
      })
    }
  }
  return new Map([...samples].map(([name, rounds]) => [name, summarise(rounds)]))
}

function summarise(rounds: readonly Sample[]): LatencyResult {
  const waits = rounds.flatMap(round => round.waits)
  return {
    seeks: waits.length,
    median: quantile(waits, 0.5),
    p99: quantile(waits, 0.99),
    busy: rounds.reduce((sum, { busy }) => sum + busy, 0) / rounds.length,
  }
}

async function measureOnce(server: RunningServer, library: Library): Promise<Sample> {
  const crowd = await Crowd.gather({
    port: server.port,
    bytesPerSecond: BYTES_PER_SECOND,
    requests: Array.from({ length: LISTENERS }, (_, index) => {
      const first = Math.floor(chance(index, 3) * (TRACK_BYTES / 5))
      return makeRequest(linkOf(server.contender, library, index), `Range: bytes=${first}-\r\n`)
    }),
  })
  try {
    await sleep(SETTLING)
    return await seekAround(server, library)
  } finally {
    await crowd.dismiss()
  }
}

async function seekAround(server: RunningServer, library: Library): Promise<Sample> {
  const waits: number[] = []
  const cpuBefore = server.cpuTime
  const begun = performance.now()
  for (let index = 0; performance.now() - begun < MEASURING; index++) {
    const first = Math.floor(chance(index, 4) * (TRACK_BYTES - SEEK_BYTES))
    const range = `Range: bytes=${first}-${first + SEEK_BYTES - 1}\r\n`
    waits.push(await seek(server.port, makeRequest(linkOf(server.contender, library, index), range)))
    await sleep(PAUSE)
  }
  const elapsed = performance.now() - begun
  return { waits, busy: (server.cpuTime - cpuBefore) / 1e6 / elapsed }
}

/** @returns milliseconds from the beginning of a new connection to the first byte of the response */
function seek(port: number, request: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const begun = performance.now()
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.on('connect', () => socket.write(request))
    socket.on('error', reject)
    socket.once('data', chunk => {
      const wait = performance.now() - begun
      socket.destroy()
      if (chunk.toString('latin1', 0, 13) === 'HTTP/1.1 206 ') resolve(wait)
      else reject(new Error(`The response to a seek began ${chunk.toString('latin1', 0, 40)}`))
    })
  })
}

function linkOf({ makeLink }: Contender, { ids }: Library, index: number): string {
  const id = ids[Math.floor(chance(index, 5) * ids.length)] ?? ''
  return makeLink(id, inAnHour() + (index % 100))
}

/** How long a listener who seeks waits for the first byte, while a crowd of others listens at its own pace. */
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Contender } from './contenders'
import { Crowd } from './crowd'
import { TRACK_BYTES, type Library, type Workspace } from './library'
import { inAnHour } from './links'
import { RunningServer } from './running'
import { quantile } from './statistics'
import { verifyServer } from './verify'
import { chance, makeRequest } from './works'

export const LISTENERS = 2000

/** 320 kbit/s. */
const BYTES_PER_SECOND = 40_000

const TRACKS = 100
const MEASURED = ['bare', 'express', 'floor-bare', 'floor-express', 'send-file', 'go', 'nginx']
const ROUNDS = 2

/** Milliseconds: until the pace is steady, then of measuring, with a pause between two seeks. */
const SETTLING = 6000
const MEASURING = 8000
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

export async function measureLatency(
  workspace: Workspace,
  contenders: readonly Contender[],
  tell: (text: string) => void,
): Promise<LatencyResults> {
  const library = workspace.addLibrary('slow', TRACKS)
  const measured = contenders.filter(({ name }) => MEASURED.includes(name))
  const samples = new Map(measured.map(({ name }): [string, Sample[]] => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    tell(`seeks among slow listeners, round ${round + 1}`)
    for (const contender of round % 2 === 0 ? measured : measured.toReversed()) {
      samples.get(contender.name)?.push(await measureOnce(contender, library, workspace))
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

async function measureOnce(contender: Contender, library: Library, workspace: Workspace): Promise<Sample> {
  const server = await RunningServer.start(contender, library.dir, workspace.dir)
  try {
    await verifyServer(server, library)
    const crowd = await Crowd.gather({
      port: server.port,
      bytesPerSecond: BYTES_PER_SECOND,
      requests: Array.from({ length: LISTENERS }, (_, index) => {
        const first = Math.floor(chance(index, 3) * (TRACK_BYTES / 5))
        return makeRequest(linkOf(contender, library, index), `Range: bytes=${first}-\r\n`)
      }),
    })
    try {
      await sleep(SETTLING)
      return await seekAround(server, library)
    } finally {
      await crowd.dismiss()
    }
  } finally {
    await server.stop()
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

/** @returns milliseconds from the beginning of a new connection to the first byte of the answer */
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
      else reject(new Error(`A seek was answered ${chunk.toString('latin1', 0, 40)}`))
    })
  })
}

function linkOf({ makeLink }: Contender, { ids }: Library, index: number): string {
  const id = ids[Math.floor(chance(index, 5) * ids.length)] ?? ''
  return makeLink(id, inAnHour() + (index % 100))
}

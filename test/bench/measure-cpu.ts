/** Microseconds of processor that each server spends on one request. */
import type { Contender } from './contenders'
import { CoreSpeed } from './core-speed'
import { BUDGET_BYTES, TRACK_BYTES, type Library, type Workspace } from './library'
import { runLoad } from './load'
import { RunningServer } from './running'
import { median } from './statistics'
import { verifyServer } from './verify'
import { makeRequests, WORKS, type Work } from './works'

/** Tracks that fit into the block budget together. */
const HOT_TRACKS = 8

/** How many times the block budget the cold library is. */
const COLD_FACTOR = 8

/**
 * Seconds. A server is begun anew for each round, because how V8 has come to compile one differs from process to
 * process by more than servers do; so it must be warm before each work, and for the first that takes long. It must
 * not rest before it is measured: after some 20 s of rest one behind Express cost nearly twice as much.
 */
const FIRST_WARM_UP = 8
const WARM_UP = 2

/** Of one second each, on a core that has its full speed; and how many are tried for that. The least counts. */
const TURNS = 2
const MAX_TURNS = 12

/** Others in each turn, or what was cold would be asked for again. */
const REQUESTS = 32_768

/** By work, then by server. */
export type CpuResults = ReadonlyMap<string, ReadonlyMap<string, number>>

/** What is the same for all works. */
interface Course {
  readonly workspace: Workspace
  readonly speed: CoreSpeed
  readonly rounds: number
  readonly tell: (text: string) => void
}

export async function measureCpu(
  workspace: Workspace,
  contenders: readonly Contender[],
  rounds: number,
  tell: (text: string) => void,
): Promise<CpuResults> {
  const course = { workspace, speed: await CoreSpeed.start(), rounds, tell }
  try {
    const hot = await measureWorks(
      course,
      WORKS.filter(work => !work.isCold),
      workspace.addLibrary('hot', HOT_TRACKS),
      contenders,
    )
    const cold = await measureWorks(
      course,
      WORKS.filter(work => work.isCold),
      workspace.addLibrary('cold', Math.ceil((COLD_FACTOR * BUDGET_BYTES) / TRACK_BYTES)),
      // The floors would hold all of it in memory.
      contenders.filter(({ role }) => role !== 'floor'),
    )
    return new Map([...hot, ...cold])
  } finally {
    await course.speed.stop()
  }
}

async function measureWorks(
  { workspace, speed, rounds, tell }: Course,
  works: readonly Work[],
  library: Library,
  contenders: readonly Contender[],
): Promise<CpuResults> {
  const costs = new Map(works.map(({ name }) => [name, new Map<string, number[]>()]))
  for (let round = 1; round <= rounds; round++) {
    tell(`${works.map(({ title }) => title).join(', ')}: round ${round}`)
    for (const contender of round % 2 === 0 ? contenders.toReversed() : contenders) {
      const server = await RunningServer.start(contender, library.dir, workspace.dir)
      try {
        const tag = await verifyServer(server, library)
        let warmUp = FIRST_WARM_UP
        for (const work of works.filter(each => isAble(contender, each))) {
          const ask = { work, server, tag, library, directory: workspace.dir }
          await measureOnce({ ...ask, turn: 0, seconds: warmUp })
          const { cost, isAtFullSpeed } = await measureAtFullSpeed(speed, turn =>
            measureOnce({ ...ask, turn: round * MAX_TURNS + turn, seconds: 1 }),
          )
          if (!isAtFullSpeed) tell(`${contender.name}, ${work.name}: the core did not get its full speed`)
          const ofWork = costs.get(work.name)
          ofWork?.set(contender.name, [...(ofWork.get(contender.name) ?? []), cost])
          warmUp = WARM_UP
        }
      } finally {
        await server.stop()
      }
    }
  }
  return new Map(
    [...costs].map(([work, ofWork]) => [
      work,
      new Map([...ofWork].map(([name, values]) => [name, median(values)])),
    ]),
  )
}

/** The least that some turns cost: of those at full speed, where there is one. */
async function measureAtFullSpeed(
  speed: CoreSpeed,
  measure: (turn: number) => Promise<number>,
): Promise<{ readonly cost: number; readonly isAtFullSpeed: boolean }> {
  const atFullSpeed: number[] = []
  const others: number[] = []
  let wasFull = await speed.isFull()
  for (let turn = 0; turn < MAX_TURNS && atFullSpeed.length < TURNS; turn++) {
    const cost = await measure(turn)
    const isFull = await speed.isFull()
    ;(wasFull && isFull ? atFullSpeed : others).push(cost)
    wasFull = isFull
  }
  const isAtFullSpeed = atFullSpeed.length > 0
  return { cost: Math.min(...(isAtFullSpeed ? atFullSpeed : others)), isAtFullSpeed }
}

/** A floor answers 403 at once; a peer that checks nothing cannot refuse. */
function isAble({ checksSignature, role }: Contender, { needsSignature }: Work): boolean {
  return !needsSignature || checksSignature || role === 'floor'
}

interface Measurement {
  readonly work: Work
  readonly server: RunningServer
  /** The entity tag of the first track. */
  readonly tag: string
  readonly library: Library
  readonly directory: string
  /** Among those of all rounds; 0 to warm up. */
  readonly turn: number
  readonly seconds: number
}

/** @returns microseconds of processor per request */
async function measureOnce(measurement: Measurement): Promise<number> {
  const { work, server, tag, library, directory, turn, seconds } = measurement
  const { port, contender } = server
  const { connections, length, needsSignature: isRefused } = work
  const requests = makeRequests(work, library, contender.makeLink, tag, turn * REQUESTS, REQUESTS)
  const before = server.cpuTime
  const answered = await runLoad({ port, connections, seconds, requests, isRefused, length, directory })
  return (server.cpuTime - before) / 1000 / answered
}

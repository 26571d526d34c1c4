/** Microseconds of processor that each server spends on one request. */
import type { Contender } from './contenders'
import { BUDGET_BYTES, TRACK_BYTES, type Library, type Workspace } from './library'
import { runLoad } from './load'
import { RunningServer } from './running'
import { median } from './statistics'
import { verifyServer } from './verify'
import { requestMaker, WORKS, type Work } from './works'

/** Tracks that fit into the block budget together. */
const HOT_TRACKS = 8

/** How many times the block budget the cold library is. */
const COLD_FACTOR = 8

/**
 * Milliseconds. A server is begun anew for each round, because how V8 has come to compile one differs from process to
 * process by more than servers do; so it must be warm before each work, and behind Express that takes seconds.
 */
const FIRST_WARM_UP = 2000
const WARM_UP = 1000
const MEASURED = 600

/** By work, then by server. */
export type CpuResults = ReadonlyMap<string, ReadonlyMap<string, number>>

export async function measureCpu(
  workspace: Workspace,
  contenders: readonly Contender[],
  rounds: number,
  tell: (text: string) => void,
): Promise<CpuResults> {
  const hot = await measureWorks(
    WORKS.filter(work => !work.isCold),
    workspace.addLibrary('hot', HOT_TRACKS),
    contenders,
    workspace,
    rounds,
    tell,
  )
  const cold = await measureWorks(
    WORKS.filter(work => work.isCold),
    workspace.addLibrary('cold', Math.ceil((COLD_FACTOR * BUDGET_BYTES) / TRACK_BYTES)),
    // The floors would hold all of it in memory.
    contenders.filter(({ role }) => role !== 'floor'),
    workspace,
    rounds,
    tell,
  )
  return new Map([...hot, ...cold])
}

async function measureWorks(
  works: readonly Work[],
  library: Library,
  contenders: readonly Contender[],
  workspace: Workspace,
  rounds: number,
  tell: (text: string) => void,
): Promise<CpuResults> {
  const costs = new Map(works.map(({ name }) => [name, new Map<string, number[]>()]))
  for (let round = 1; round <= rounds; round++) {
    tell(`${works.map(({ title }) => title).join(', ')}: round ${round}`)
    for (const contender of round % 2 === 0 ? contenders.toReversed() : contenders) {
      const server = await RunningServer.start(contender, library.dir, workspace.dir)
      try {
        await measureServer(server, works, library, round, (work, cost) => {
          const ofWork = costs.get(work.name)
          ofWork?.set(contender.name, [...(ofWork.get(contender.name) ?? []), cost])
        })
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

async function measureServer(
  server: RunningServer,
  works: readonly Work[],
  library: Library,
  round: number,
  record: (work: Work, cost: number) => void,
): Promise<void> {
  const { contender } = server
  const tag = await verifyServer(server, library)
  let warmUp = FIRST_WARM_UP
  for (const work of works.filter(each => isAble(contender, each))) {
    const makeRequest = requestMaker(work, library, contender.makeLink, tag)
    await measureOnce(work, server, makeRequest, 0, warmUp)
    record(work, await measureOnce(work, server, makeRequest, round, MEASURED))
    warmUp = WARM_UP
  }
}

/** A floor answers 403 at once; a peer that checks nothing cannot refuse. */
function isAble({ checksSignature, role }: Contender, { needsSignature }: Work): boolean {
  return !needsSignature || checksSignature || role === 'floor'
}

async function measureOnce(
  work: Work,
  server: RunningServer,
  makeRequest: (index: number) => string,
  round: number,
  milliseconds: number,
): Promise<number> {
  const { connections, status, length } = work
  const before = server.cpuTime
  const requests = await runLoad({
    port: server.port,
    connections,
    milliseconds,
    // Other requests in each round, or what was cold would be asked for again.
    makeRequest: index => makeRequest(round * 1_000_000 + index),
    status,
    length,
  })
  return (server.cpuTime - before) / 1000 / requests
}

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

const WARM_UP = 1500
const ROUND = 500

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

interface Participant {
  readonly server: RunningServer
  readonly makeRequest: (index: number) => string
  readonly costs: number[]
}

async function measureWorks(
  works: readonly Work[],
  library: Library,
  contenders: readonly Contender[],
  workspace: Workspace,
  rounds: number,
  tell: (text: string) => void,
): Promise<CpuResults> {
  const servers: RunningServer[] = []
  const results = new Map<string, ReadonlyMap<string, number>>()
  try {
    const tags = new Map<RunningServer, string>()
    for (const contender of contenders) {
      const server = await RunningServer.start(contender, library.dir, workspace.dir)
      servers.push(server)
      tags.set(server, await verifyServer(server, library))
    }
    for (const work of works) {
      tell(work.title)
      const participants = servers
        .filter(({ contender }) => isAble(contender, work))
        .map(server => ({
          server,
          makeRequest: requestMaker(work, library, server.contender.makeLink, tags.get(server) ?? ''),
          costs: [],
        }))
      await measureWork(work, participants, rounds)
      results.set(
        work.name,
        new Map(participants.map(({ server, costs }) => [server.contender.name, median(costs)])),
      )
    }
  } finally {
    for (const server of servers) await server.stop()
  }
  return results
}

/** A floor answers 403 at once; a peer that checks nothing cannot refuse. */
function isAble({ checksSignature, role }: Contender, { needsSignature }: Work): boolean {
  return !needsSignature || checksSignature || role === 'floor'
}

async function measureWork(work: Work, participants: readonly Participant[], rounds: number): Promise<void> {
  for (const participant of participants) await measureOnce(work, participant, 0, WARM_UP)
  for (let round = 1; round <= rounds; round++) {
    const order = round % 2 === 0 ? participants.toReversed() : participants
    for (const participant of order) {
      participant.costs.push(await measureOnce(work, participant, round, ROUND))
    }
  }
}

async function measureOnce(
  work: Work,
  { server, makeRequest }: Participant,
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

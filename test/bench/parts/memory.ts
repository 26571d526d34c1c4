/** Bytes of memory that a server needs for each listener who requested a whole track and reads nothing. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Contender } from '../contenders/contender'
import { go } from '../contenders/go'
import { nginx } from '../contenders/nginx'
import { floor, nodePeers, ours, oursInExpress } from '../contenders/node'
import { Crowd } from '../load/crowd'
import { BUDGET_BYTES, type Library } from '../load/library'
import { inAnHour } from '../load/links'
import { verifyServer } from '../load/verify'
import { makeRequest } from '../load/works'
import { descriptorLimit } from '../measure/machine'
import { RunningServer } from '../measure/running'
import { reportMemory } from '../report/memory-table'
import type { Part, PartBench } from './part'

/** How many listen to how many tracks. */
export const CROWDS = [
  { listeners: 4000, tracks: 1 },
  { listeners: 4000, tracks: 2000 },
] as const

export type CrowdSize = (typeof CROWDS)[number]

/** Those that open the track for each listener, and so need two descriptors. */
const OPENS_EACH = new Set(['send-file', 'go', 'nginx'])

/** Descriptors that are left for all else, open tracks among it. */
const SPARE_DESCRIPTORS = 2500

/** Milliseconds between two looks at whether a server has come to rest, and how many looks there are at most. */
const LOOK = 250
const MAX_LOOKS = 60

export interface MemoryResult {
  readonly name: string
  readonly crowd: CrowdSize
  /** Fewer than wanted if the machine has too few descriptors. */
  readonly listeners: number
  /** Before the crowd came. */
  readonly baseBytes: number
  readonly bytes: number
}

export const memoryPart: Part = {
  name: 'memory',
  needs: [],
  minutes: 6,
  run: async bench => {
    const peers = nodePeers().filter(({ name }) => name === 'send-file')
    const contenders = [ours(), oursInExpress(), floor(), ...peers, ...go(), ...nginx()]
    const results = await measureCrowds(bench, contenders)
    return {
      report: reportMemory(results, contenders),
      figures: {
        read: (work, name) => {
          const found = results.find(
            result => result.name === name && work.startsWith(`${result.crowd.tracks} `),
          )
          return found === undefined ? undefined : bytesForEach(found) / 1024
        },
      },
    }
  },
}

/** Without the block budget, if there are enough tracks to fill it. */
function bytesForEach({ crowd, listeners, baseBytes, bytes }: MemoryResult): number {
  return (bytes - baseBytes - (crowd.tracks > 1 ? BUDGET_BYTES : 0)) / listeners
}

async function measureCrowds(
  { workspace, say }: PartBench,
  contenders: readonly Contender[],
): Promise<readonly MemoryResult[]> {
  const limit = descriptorLimit()
  const libraries = new Map(
    [1, 2000].map(tracks => [tracks, workspace.addSparseLibrary(`stalled-${tracks}`, tracks)]),
  )
  const results: MemoryResult[] = []
  for (const crowd of CROWDS) {
    const library = libraries.get(crowd.tracks)
    if (library === undefined) continue
    say(`${crowd.listeners} listeners, ${crowd.tracks} tracks`)
    for (const contender of contenders) {
      // A floor has each track in memory.
      if (contender.role === 'floor' && crowd.tracks > 1) continue
      const needed = OPENS_EACH.has(contender.name) ? 2 : 1
      const listeners = Math.min(crowd.listeners, Math.floor((limit - SPARE_DESCRIPTORS) / needed))
      const measured = await measureOnce(contender, library, listeners, workspace.dir)
      results.push({ name: contender.name, crowd, listeners, ...measured })
    }
  }
  return results
}

async function measureOnce(
  contender: Contender,
  library: Library,
  listeners: number,
  directory: string,
): Promise<Pick<MemoryResult, 'baseBytes' | 'bytes'>> {
  const server = await RunningServer.start(contender, library, directory)
  try {
    await verifyServer(server, library)
    await rest(server)
    const baseBytes = server.residentMemory
    const expires = inAnHour()
    const requests = Array.from({ length: listeners }, (_, index) => {
      const id = library.ids[index % library.ids.length] ?? ''
      // A link of their own each.
      return makeRequest(contender.makeLink(id, expires + index))
    })
    const crowd = await Crowd.gather({ port: server.port, requests, bytesPerSecond: 0 })
    try {
      await rest(server)
      const bytes = server.residentMemory
      await crowd.look()
      return { baseBytes, bytes }
    } finally {
      await crowd.dismiss()
    }
  } finally {
    await server.stop()
  }
}

/** Until the server does nothing, or nothing that ends: 1 % of a core counts as nothing. */
async function rest(server: RunningServer): Promise<void> {
  for (let look = 0; look < MAX_LOOKS; look++) {
    const before = server.cpuTime
    await sleep(LOOK)
    if (server.cpuTime - before < LOOK * 1e6 * 0.01) return
  }
}

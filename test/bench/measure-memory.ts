/** Bytes of memory that a server needs for each listener who has asked for a whole track and reads nothing. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Contender } from './contenders'
import { Crowd } from './crowd'
import type { Library, Workspace } from './library'
import { inAnHour } from './links'
import { descriptorLimit } from './machine'
import { RunningServer } from './running'
import { verifyServer } from './verify'
import { makeRequest } from './works'

/** What crowds are measured, by how many listen to how many tracks. */
export const CROWDS = [
  { listeners: 4000, tracks: 1 },
  { listeners: 10_000, tracks: 1 },
  { listeners: 4000, tracks: 2000 },
  { listeners: 10_000, tracks: 2000 },
] as const

export type CrowdSize = (typeof CROWDS)[number]

/** Who is measured; the floor has each track in memory, so that it can be asked for one only. */
const MEASURED = ['bare', 'express', 'floor-bare', 'send-file', 'go', 'nginx']

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
  /** Fewer than wanted, where the machine has too few descriptors. */
  readonly listeners: number
  /** Before the crowd came. */
  readonly baseBytes: number
  readonly bytes: number
}

export async function measureMemory(
  workspace: Workspace,
  contenders: readonly Contender[],
  tell: (text: string) => void,
): Promise<readonly MemoryResult[]> {
  const limit = descriptorLimit()
  const libraries = new Map(
    [1, 2000].map(tracks => [tracks, workspace.addSparseLibrary(`stalled-${tracks}`, tracks)]),
  )
  const results: MemoryResult[] = []
  for (const crowd of CROWDS) {
    const library = libraries.get(crowd.tracks)
    if (library === undefined) continue
    tell(`memory: ${crowd.listeners} listeners, ${crowd.tracks} tracks`)
    for (const contender of contenders) {
      if (!MEASURED.includes(contender.name) || (contender.role === 'floor' && crowd.tracks > 1)) continue
      const needed = OPENS_EACH.has(contender.name) ? 2 : 1
      const listeners = Math.min(crowd.listeners, Math.floor((limit - SPARE_DESCRIPTORS) / needed))
      results.push({
        name: contender.name,
        crowd,
        listeners,
        ...(await measureOnce(contender, library, listeners, workspace)),
      })
    }
  }
  return results
}

async function measureOnce(
  contender: Contender,
  library: Library,
  listeners: number,
  workspace: Workspace,
): Promise<Pick<MemoryResult, 'baseBytes' | 'bytes'>> {
  const server = await RunningServer.start(contender, library.dir, workspace.dir)
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
